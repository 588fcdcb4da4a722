// An action's whole form: fields from the schema, what it would do, and the one button that does it.
import { debounce, h } from "./dom.js";
import { usd } from "./format.js";
import { confirmDialog } from "./dialog.js";
import { makeField, titled } from "./field.js";

const AGAIN_MS = 1500;

export class ActionForm {
  #room;
  #box;
  #options;
  #field;
  #asked = 0;
  #good = null;
  #previewed = NaN;
  #touched = false;
  #last = "";
  #done = "";
  action = null;

  /** `options`: {verb, keys, brief, quiet, ask(action), done(action, answer), explain(action)} */
  constructor(room, box, options = {}) {
    this.#room = room;
    this.#box = box;
    this.#options = options;
    this.soon = debounce(() => this.preview(), 180);
    box.addEventListener("input", () => this.#typed());
    box.addEventListener("change", () => this.#typed());
    setInterval(() => this.#stale() && this.preview(), AGAIN_MS);
  }

  /** Time has passed since the preview, and somebody can see it. */
  #stale() {
    return this.action !== null && this.#box.offsetParent !== null && !document.hidden && this.#room.clock.t !== this.#previewed;
  }

  #typed() {
    if (!this.action) return;
    // Leaving a field tells "change" once more, with the very click that would confirm.
    const typed = JSON.stringify([this.#field.get(), this.#field.raw()]);
    if (typed === this.#last) return;
    this.#last = typed;
    this.#touched = true;
    this.#asked += 1; // an answer still on its way is about other values
    this.#room.drafts.set(`form.${this.action.kind}`, this.#field.raw());
    this.#good = null;
    this.#enable(false);
    this.refusal.textContent = "";
    this.soon();
  }

  show(action, prefill = null) {
    this.action = action;
    const schema = action.schema;
    const lists = this.#room.lists;
    const { kind, ...properties } = schema.properties ?? {};
    const context = { root: schema, lists, time: this.#room.time, now: () => this.#room.clock.t, suggest: (name) => this.#room.suggest(name), required: true };
    this.#field = makeField("action", { type: "object", properties, required: schema.required ?? [] }, context);
    const kept = this.#room.drafts.get(`form.${action.kind}`);
    this.#touched = Boolean(kept);
    this.#last = "";
    if (kept) this.#field.restore(kept);
    else if (prefill) this.#field.set(prefill);
    this.blast = h("dl", { class: "blast" });
    this.refusal = h("p", { class: "bad refusal", role: "alert" });
    this.effect = h("span", { class: "cap" });
    const keys = this.#options.keys ?? "Ctrl ⇧ ⏎";
    this.button = h("button", { type: "submit", class: `btn small${this.#options.quiet ? "" : " primary"}`, "aria-disabled": "true" }, `${this.#options.verb ?? "Confirm"} `, h("kbd", {}, keys));
    const form = h("form", { class: "aform", novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      this.confirm();
    } }, action.help && !this.#options.brief ? h("p", { class: "cap" }, action.help) : "", this.#field.el, this.blast, this.refusal, h("div", { class: "foot" }, this.effect, this.button));
    this.#field.el.classList.remove("inner");
    this.#box.replaceChildren(form);
    this.preview();
  }

  /** Not `disabled`: the button keeps its place in the tab order and its focus. */
  #enable(on) {
    this.button.setAttribute("aria-disabled", String(!on));
  }

  clear() {
    this.action = null;
    this.#box.replaceChildren();
  }

  value() {
    return { kind: this.action.kind, ...this.#field.get() };
  }

  focus() {
    (this.#box.querySelector("input, select, textarea, button") ?? this.#box).focus();
  }

  async preview() {
    if (!this.action || !this.#room.socket.open) return;
    const wrong = this.#field.problem();
    const action = this.value();
    const asked = (this.#asked += 1);
    this.#previewed = this.#room.clock.t;
    try {
      const answer = await this.#room.socket.ask("preview", { action });
      if (asked !== this.#asked || action.kind !== this.action?.kind) return;
      this.#shown(answer, wrong, action);
    } catch (error) {
      if (asked === this.#asked) this.#problems([error.describe?.() ?? String(error)]);
    }
  }

  #problems(problems) {
    this.#good = null;
    this.#enable(false);
    this.effect.textContent = "";
    if (!this.#touched) {
      if (!this.#options.brief) this.effect.textContent = "Fill in to see what it would do";
      this.blast.replaceChildren();
      return;
    }
    this.blast.replaceChildren(h("dt", {}, "Missing or wrong"), h("dd", {}, h("ul", {}, [...new Set(problems.map((one) => this.#said(one)))].map((one) => h("li", {}, one)))));
  }

  /** "guardrails.0.size_limit.of: Field required" with the words of the form: "1, Size of: still to be filled in". */
  #said(problem) {
    const [, path, what] = /^([a-z_]+(?:\.[a-z0-9_]+)*): (.*)$/is.exec(problem) ?? [null, "", problem];
    if (!path) return problem;
    const parts = path.split(".");
    const shapes = Object.values(this.action.schema.$defs ?? {});
    const shape = shapes.find((one) => one.properties?.type?.const === parts.at(-2)) ?? this.action.schema;
    const label = titled(parts.at(-1), shape.properties?.[parts.at(-1)] ?? {});
    const number = parts.find((one) => /^\d+$/.test(one));
    return `${number === undefined ? "" : `${+number + 1}, `}${label}: ${/^field required$/i.test(what) ? "still to be filled in" : what}`;
  }

  #shown(answer, wrong, action) {
    const problems = [...(wrong ? [wrong] : []), ...(answer.problems ?? [])];
    if (problems.length) {
      this.#problems(problems);
      return;
    }
    const rows = [["Touches", answer.touches], ["Expected", answer.expected], ["Risk", answer.risk], ["Undo", answer.undo]].filter(([, said]) => said && said !== "none" && said !== this.action.help);
    const text = (value) => (Array.isArray(value) ? value.join("; ") : String(value));
    if (this.#options.brief) this.blast.replaceChildren(...(this.#options.explain?.(action) ?? []));
    else this.blast.replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, text(value))]));
    const at = answer.effective_at_s;
    const now = this.#room.clock.t;
    const cost = answer.cost_usd === undefined || answer.cost_usd === null ? "" : `costs ${usd(answer.cost_usd, true)}`;
    const when = at === undefined || at === null ? "" : at <= now + 0.5 ? "Takes effect at once" : `Takes effect ${this.#room.time.hhmmss(at)}`;
    this.effect.textContent = this.#options.brief ? "" : [when, cost].filter(Boolean).join(", ");
    this.#good = JSON.stringify(action);
    this.#enable(true);
  }

  /** The button is still there after it was pressed: a second press must not cost a second time unasked. */
  #again(action) {
    const { textContent: costs } = this.effect;
    return confirmDialog({ title: `${this.action.title}, once more?`, lines: ["You have just done exactly this.", costs ? `${costs}.` : ""].filter(Boolean), yes: "Do it again" });
  }

  /** Only what was previewed can be confirmed. */
  async confirm() {
    if (!this.action) return;
    const action = this.value();
    if (this.#good !== JSON.stringify(action)) {
      this.soon.now();
      this.preview();
      return;
    }
    if (this.#options.ask && !(await this.#options.ask(action))) return;
    if (!this.#options.ask && this.#done === this.#good && !(await this.#again(action))) return;
    this.#enable(false);
    try {
      const answer = await this.#room.act(action);
      if (answer.accepted) {
        this.#room.drafts.drop(`form.${action.kind}`);
        this.#done = JSON.stringify(action);
        this.#touched = false; // what can no longer be done is not somebody's mistake
        this.#options.done?.(action, answer);
        if (this.action) this.preview();
      } else {
        this.refusal.textContent = `Refused: ${answer.reason || "no reason given"}. Nothing was changed.`;
        this.#enable(true);
      }
    } catch (error) {
      this.refusal.textContent = error.describe?.() ?? String(error);
      this.#enable(true);
    }
  }
}
