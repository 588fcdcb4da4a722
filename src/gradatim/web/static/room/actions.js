// The action panel: a kind from its group, its form, its blast radius, the confirm.
import { $, h } from "./dom.js";
import { ActionForm } from "./form.js";

export class Actions {
  #room;
  #groups = new Map();
  #kindRow;

  constructor(room) {
    this.#room = room;
    this.form = new ActionForm(room, $("action-form"));
  }

  hello(kinds) {
    this.#groups.clear();
    for (const action of kinds) this.#groups.set(action.group, [...(this.#groups.get(action.group) ?? []), action]);
    this.#kindRow = h("select", { "aria-label": "Action", onchange: (event) => this.#show(event.target.value) });
    $("action-groups").replaceChildren(...[...this.#groups.keys()].map((group) => h("button", { type: "button", class: "btn small", "aria-pressed": "false", "data-group": group, onclick: () => this.#open(group) }, group)), this.#kindRow);
    const kept = this.#room.drafts.get("action");
    const found = kinds.find(({ kind }) => kind === kept);
    if (found) this.#open(found.group, kept);
    else {
      this.#kindRow.hidden = true;
      this.form.clear();
      $("action-form").replaceChildren(h("p", { class: "cap" }, "Choose what to change. Before anything happens you see what it touches, what to expect, its risk and how to undo it."));
    }
  }

  kinds() {
    return [...this.#groups.values()].flat();
  }

  #open(group, kind = null) {
    const members = this.#groups.get(group);
    for (const button of $("action-groups").querySelectorAll("[data-group]")) button.setAttribute("aria-pressed", String(button.dataset.group === group));
    this.#kindRow.replaceChildren(...members.map((one) => h("option", { value: one.kind }, one.title)));
    this.#kindRow.hidden = members.length < 2;
    const chosen = members.find((one) => one.kind === kind) ?? members[0];
    this.#kindRow.value = chosen.kind;
    this.#show(chosen.kind);
  }

  #show(kind) {
    const action = this.kinds().find((one) => one.kind === kind);
    this.#room.drafts.set("action", kind);
    this.form.show(action);
  }

  focus() {
    ($("action-groups").querySelector("[aria-pressed=true]") ?? $("action-groups").querySelector("button"))?.focus();
    $("pane-action").scrollIntoView({ block: "nearest" });
  }
}
