// The diagnosis: chosen from the system's own words, committed once it is sure enough.
import { $, h, put } from "./dom.js";
import { confirmDialog } from "./dialog.js";
import { ActionForm } from "./form.js";
import { words } from "./field.js";

export class Diagnosis {
  #room;

  constructor(room) {
    this.#room = room;
    this.form = new ActionForm(room, $("diagnosis-form"), {
      brief: true,
      quiet: true,
      verb: "Commit",
      keys: "Ctrl D",
      explain: (action) => [h("dt", { class: "vh" }, "Meaning"), h("dd", { class: "whole" }, this.meaning(action))],
      ask: (action) => confirmDialog({ title: "Commit this diagnosis?", lines: [this.text(action), this.meaning(action), "The last one before you declare it over is judged."], yes: "Commit" }),
    });
  }

  hello(action) {
    if (action) this.form.show(action);
    else $("diagnosis-form").replaceChildren(h("p", { class: "cap" }, "This lab asks for no diagnosis."));
  }

  /** What the chosen mechanism is called on the desk. */
  meaning({ mechanism }) {
    const known = (this.vocabulary?.mechanisms ?? []).find(({ id }) => id === mechanism)?.text;
    return known ? `${String(mechanism).replaceAll("_", " ")}: ${known}.` : "";
  }

  text({ kind, t_s: at, ...rest }) {
    return Object.entries(rest)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => `${words(name).toLowerCase()}: ${typeof value === "number" && value <= 1 ? `${Math.round(value * 100)} %` : String(value).replaceAll("_", " ")}`)
      .join(", ");
  }

  /** A commitment is one of the own actions on the time axis. */
  frame(annotations) {
    const last = (annotations ?? []).findLast((one) => one.kind === "own" && /diagnos/i.test(one.text));
    if (last) put($("diagnosis-state"), `committed ${this.#room.time.hhmm(last.t_s)}`);
  }

  reset() {
    put($("diagnosis-state"), "not committed");
  }

  focus() {
    $("pane-diagnosis").scrollIntoView({ block: "nearest" });
    this.form.focus();
  }
}
