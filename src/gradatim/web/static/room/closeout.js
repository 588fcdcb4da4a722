// Closing out: declare the incident over, hand in what should keep it from coming back.
import { $, drawer, h } from "./dom.js";
import { confirmDialog } from "./dialog.js";
import { ActionForm } from "./form.js";

export class Closeout {
  #room;
  #kinds = [];

  constructor(room) {
    this.#room = room;
    this.form = new ActionForm(room, $("close-form"), {
      ask: (action) => confirmDialog({ title: `${this.form.action.title}?`, lines: [action.kind === this.#room.kinds.over?.kind ? "The loss runs on to the end of the attempt whatever is declared." : "It is taken as it stands."], yes: "Confirm" }),
      done: () => this.open(false),
    });
    $("close-open").addEventListener("click", () => this.open(true));
    $("close-close").addEventListener("click", () => this.open(false));
  }

  hello(kinds) {
    this.#kinds = kinds;
    $("close-open").hidden = !kinds.length;
    $("close-groups").replaceChildren(...kinds.map((one) => h("button", { type: "button", class: "btn small", "aria-pressed": "false", "data-kind": one.kind, onclick: () => this.#show(one) }, one.title)));
  }

  #show(action) {
    for (const button of $("close-groups").children) button.setAttribute("aria-pressed", String(button.dataset.kind === action.kind));
    this.form.show(action);
  }

  get isOpen() {
    return !$("pane-close").hidden;
  }

  open(open) {
    if (!this.#kinds.length) return;
    drawer($("pane-close"), open);
    if (!open) {
      $("close-open").focus();
      return;
    }
    if (!this.form.action) this.#show(this.#kinds[0]);
    $("close-groups").querySelector("[aria-pressed=true]").focus();
  }
}
