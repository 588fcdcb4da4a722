// The inbox: pages, people's questions with the facts one can answer, and the status updates.
import { $, drawer, h, put } from "./dom.js";
import { minutes } from "./format.js";
import { ActionForm } from "./form.js";

const when = (action) => Object.keys(action?.schema.properties ?? {});

export class Messages {
  #room;
  #items = new Map();

  constructor(room) {
    this.#room = room;
    this.form = new ActionForm(room, $("update-form"), {
      verb: "Post",
      done: () => {
        this.composer(false);
        room.say("Status update posted.");
      },
    });
    $("update-open").addEventListener("click", () => this.composer(true));
    $("update-close").addEventListener("click", () => this.composer(false));
  }

  hello() {
    $("update-open").hidden = !this.#room.kinds.update;
  }

  reset() {
    this.#items.clear();
    $("messages").replaceChildren();
  }

  frame(inbox, first) {
    let changed = false;
    for (const item of inbox ?? []) {
      const known = this.#items.get(item.id);
      const text = JSON.stringify(item);
      if (known?.text === text) continue;
      changed = true;
      this.#items.set(item.id, { item, text });
      this.#place(item, known !== undefined);
      if (!first && !known && item.kind !== "own_update") this.#room.say(`${item.from}: ${item.text}`);
    }
    if (changed) this.#stick();
    else if (!$("messages").firstChild) this.#empty();
    this.#waiting();
  }

  #empty() {
    $("messages").replaceChildren(h("p", { class: "cap" }, "Nothing yet. People write when they notice; Desk (K) has the handover note."));
  }

  #stick() {
    const box = $("messages");
    const typing = box.contains(document.activeElement) && document.activeElement !== box;
    if (!typing) box.scrollTop = box.scrollHeight;
  }

  #place(item, known) {
    const { time } = this.#room;
    const el = h("div", { class: "msg", "data-id": item.id }, h("span", { class: "cap" }, time.hhmm(item.t_s)));
    const own = item.kind === "own_update";
    const who = own ? h("b", {}, "You") : h("b", {}, item.from);
    const role = !own && item.role ? `, ${item.role}` : "";
    el.append(h("div", {}, h("p", { class: own || (item.answered && item.answer !== "unknown") ? "quiet" : "" }, who, `${role}: ${item.text}`), this.#answer(item)));
    const stands = known && $("messages").querySelector(`[data-id="${CSS.escape(item.id)}"]`);
    if (stands) stands.replaceWith(el);
    else {
      if (!$("messages").querySelector(".msg")) $("messages").replaceChildren();
      $("messages").append(el);
    }
  }

  #answer(item) {
    if (item.kind !== "question") return "";
    const given = item.answered ? item.answer ?? item.fact : null;
    const said = item.fact_options?.find(({ id }) => id === given);
    const told = item.answered ? h("p", { class: "cap" }, said ? `You answered: ${said.text}` : "Answered") : "";
    // "Not known yet" is no last word: the same question can be answered again.
    if (item.answered && given !== "unknown") return told;
    if (!item.fact_options?.length || !this.#room.kinds.answer) return told;
    const name = `answer-${item.id}`;
    const kept = this.#room.drafts.get(name);
    const refusal = h("p", { class: "bad refusal", role: "alert" });
    const send = h("button", { type: "submit", class: "btn small", disabled: !kept }, "Answer");
    const options = item.fact_options.filter(({ id }) => id !== given).map(({ id, text }) => h("label", { class: "opt" }, h("input", { type: "radio", name, value: id, checked: id === kept, onchange: () => {
      this.#room.drafts.set(name, id);
      send.disabled = false;
    } }), " ", h("span", {}, text)));
    const due = item.due_s === undefined || item.due_s === null ? "" : `wanted by ${this.#room.time.hhmm(item.due_s)}`;
    const form = h("form", { class: "answer", onsubmit: async (event) => {
      event.preventDefault();
      send.disabled = true;
      refusal.textContent = await this.#send(item, new FormData(event.target).get(name));
      if (refusal.textContent) send.disabled = false;
      else $("messages").focus();
    } }, h("fieldset", {}, h("legend", { class: "vh" }, `Answer to ${item.from}`), options), refusal, h("div", { class: "foot" }, h("span", { class: "cap" }, due), send));
    return h("div", {}, told, form);
  }

  async #send(item, fact) {
    const names = when(this.#room.kinds.answer).filter((one) => one !== "kind");
    const question = names.find((one) => /question|message|inbox|item|^to$|^id$/.test(one)) ?? names[0];
    const answer = names.find((one) => one !== question && /fact|answer|option|choice/.test(one)) ?? names.find((one) => one !== question);
    try {
      const done = await this.#room.act({ kind: this.#room.kinds.answer.kind, [question]: item.id, [answer]: fact });
      if (!done.accepted) return `Refused: ${done.reason}`;
      this.#room.drafts.drop(`answer-${item.id}`);
      return "";
    } catch (error) {
      return error.describe?.() ?? String(error);
    }
  }

  #waiting() {
    const now = this.#room.clock.t;
    const items = [...this.#items.values()].map(({ item }) => item);
    const open = items.filter((one) => one.kind === "question" && (!one.answered || one.answer === "unknown"));
    const oldest = Math.min(...open.map((one) => one.t_s));
    put($("messages-waiting"), open.length ? `${open.length} waiting, oldest ${minutes(Math.max(0, now - oldest))}` : "Nobody is waiting");
    put($("jump-messages"), open.length ? `Messages ${open.length}` : "Messages");
    this.#due(items.findLast((one) => one.kind === "own_update"));
  }

  /** The next own deadline: the last update says in how many minutes the next one comes. */
  #due(update) {
    const { time, clock } = this.#room;
    const promised = /next update in (\d+) min/i.exec(update?.text ?? "");
    const at = promised && !this.#room.over ? update.t_s + 60 * +promised[1] : null;
    put($("messages-due"), at === null ? "" : clock.t > at ? `update overdue since ${time.hhmm(at)}` : `update due ${time.hhmm(at)}`);
  }

  get composing() {
    return !$("pane-update").hidden;
  }

  composer(open) {
    const { update } = this.#room.kinds;
    if (!update) return;
    if (open && this.form.action !== update) this.form.show(update);
    drawer($("pane-update"), open);
    $("update-open").setAttribute("aria-expanded", String(open));
    if (open) this.form.focus();
    else $("update-open").focus();
  }

  focus() {
    ($("messages").querySelector("form input:checked") ?? $("messages").querySelector("form input") ?? $("messages")).focus();
    $("pane-messages").scrollIntoView({ block: "nearest" });
  }
}
