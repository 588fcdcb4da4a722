// Going back, branching off, and ending: the three things that change an attempt as a whole.
import { $, h, put } from "./dom.js";
import { confirmDialog, openDialog } from "./dialog.js";
import { minutes } from "./format.js";

export class Branch {
  #room;
  practice = true;

  constructor(room) {
    this.#room = room;
    $("rewind").addEventListener("click", () => this.rewind());
    $("fork").addEventListener("click", () => this.fork());
    $("finish").addEventListener("click", () => this.finish());
  }

  hello({ kind }) {
    this.practice = (kind ?? "practice") === "practice";
    $("rewind").hidden = $("fork").hidden = !this.practice;
  }

  /** A moment: before one of the own actions, or typed. */
  #moment(title, lines, verb) {
    const { time, clock, charts } = this.#room;
    const start = clock.start ?? 0;
    const own = charts.annotations.filter((one) => one.kind === "own").slice(-8).reverse();
    const cross = charts.window.cross;
    return openDialog({
      title,
      body: (close) => {
        const problem = h("p", { class: "bad", role: "alert" });
        const field = h("input", { id: "moment", type: "text", autocomplete: "off", value: time.hhmmss(cross !== null && cross >= start && cross <= clock.t ? cross : Math.max(start, clock.t - (time.days ? 3600 : 600))), "data-first": true });
        const pick = () => {
          const t = time.parse(field.value, clock.t);
          const now = clock.t;
          if (Number.isNaN(t)) put(problem, `"${field.value}" is not ${time.wanted}`);
          else if (t < start || t > now + 1) put(problem, `Choose from ${time.hhmmss(start)} to ${time.hhmmss(now)}`);
          else close(Math.min(Math.max(start, t), now));
        };
        return [
          ...lines.map((line) => h("p", {}, line)),
          h("div", { class: "frow" }, h("label", { for: "moment" }, "Time"), field),
          own.length ? h("div", { class: "acts" }, h("span", { class: "cap" }, "just before"), own.map((one) => h("button", { type: "button", class: "btn small", onclick: () => (field.value = time.hhmmss(Math.max(start, one.t_s - 1))) }, `${time.hhmm(one.t_s)} ${one.text}`))) : "",
          problem,
          h("div", { class: "foot" }, h("span", { class: "cap" }), h("button", { type: "button", class: "btn", onclick: () => close(undefined) }, "Cancel"), h("button", { type: "button", class: "btn primary", onclick: pick }, verb)),
        ];
      },
    });
  }

  async rewind() {
    if (!this.practice) return this.#room.toast("An exam cannot be rewound.", "bad");
    const to = await this.#moment("Rewind to", ["The clock goes back, and what you did after that moment is forgotten. Fork (F) keeps this run and starts another one instead."], "Rewind");
    if (to === undefined) return;
    try {
      await this.#room.socket.ask("rewind", { to_s: to });
      this.#room.say(`Rewound to ${this.#room.time.hhmmss(to)}.`);
    } catch (error) {
      this.#room.refused(error);
    }
  }

  async fork() {
    if (!this.practice) return this.#room.toast("An exam cannot be forked.", "bad");
    const at = await this.#moment("Fork at", ["A new attempt begins with everything you did before that moment. This one stays as it is."], "Fork");
    if (at === undefined) return;
    try {
      location.assign((await this.#room.socket.ask("fork", { at_s: at })).url);
    } catch (error) {
      this.#room.refused(error);
    }
  }

  async finish() {
    const { clock } = this.#room;
    const left = (clock.horizon ?? clock.t) - clock.t;
    const lines = left > 1 ? [`The remaining ${minutes(left)} run on with the service as you leave it now, and what is lost in them counts. Nobody answers what is asked in them.`, "Then the debrief shows what was true. This cannot be taken back; a fork of it can still be played."] : ["The time is up. The debrief shows what was true."];
    const exam = ["What this instance was, and what it cost, is told when the exam is handed in. This cannot be taken back."];
    if (!(await confirmDialog(this.practice ? { title: "End the attempt?", lines, yes: "End and see the debrief" } : { title: "End this instance?", lines: [...(left > 1 ? lines.slice(0, 1) : []), ...exam], yes: "End this instance" }))) return;
    $("finish").disabled = true;
    this.#room.toast("Judging the attempt …");
    try {
      const { url } = await this.#room.socket.ask("finish");
      this.#room.leaving = true;
      location.assign(url);
    } catch (error) {
      $("finish").disabled = false;
      this.#room.refused(error);
    }
  }
}
