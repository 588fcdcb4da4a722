// Every key of the room in one list: it answers them and it is what the help shows.
import { h } from "./dom.js";
import { openDialog } from "./dialog.js";

const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

export class Keys {
  #keys = [];

  constructor(room) {
    const { clock, charts, alerts, log, sql, messages, actions, diagnosis, notes, table, desk, branch, closeout } = room;
    const speeds = [1, 10, 60, 600];
    this.#add("Clock", [
      [" ", "Space", "play or pause", () => clock.toggle()],
      ...speeds.map((speed, i) => [String(i + 1), String(i + 1), `speed ×${speed}`, () => clock.setSpeed(speed)]),
      ["s", "S", "one minute on, half an hour on a shift of days", () => clock.step()],
      ["n", "N", "on to the next alert", () => clock.nextAlert()],
    ]);
    this.#add("Charts", [
      ["ArrowLeft", "←", "crosshair back one tick (Shift: ten)", (event) => charts().stepCross(event.shiftKey ? -10 : -1)],
      ["ArrowRight", "→", "crosshair on one tick (Shift: ten)", (event) => charts().stepCross(event.shiftKey ? 10 : 1)],
      ["[", "[", "narrower window", () => charts().window.widen(-1)],
      ["]", "]", "wider window", () => charts().window.widen(1)],
      ["{", "{", "look further back", () => charts().window.pan(-0.25)],
      ["}", "}", "look further on", () => charts().window.pan(0.25)],
      ["z", "Z", "follow the present again", () => charts().window.followNow()],
      ["t", "T", "the charts as a table", () => table().toggle()],
      ["c", "C", "choose the series of the first panel (then Tab)", () => charts().strips[0].choose.focus()],
    ]);
    this.#add("Panes", [
      ["a", "A", "alerts; Enter acknowledges", () => alerts.focus()],
      ["l", "L", "log", () => log.focus()],
      ["/", "/", "log filter", () => log.focusFilter()],
      ["q", "Q", "query", () => sql.focus()],
      ["m", "M", "messages", () => messages.focus()],
      ["u", "U", "write a status update", () => messages.composer(true)],
      ["x", "X", "action", () => actions.focus()],
      ["d", "D", "diagnosis", () => diagnosis.focus()],
      ["w", "W", "notes", () => notes.focus()],
      ["k", "K", "desk: drawing, handover, runbook, prices, changes", () => desk.open()],
      ["o", "O", "close out: declare over, prevention", () => closeout.open(true)],
    ]);
    this.#add("Attempt", [
      ["r", "R", "rewind (practice)", () => branch.rewind()],
      ["f", "F", "fork a new attempt (practice)", () => branch.fork()],
      ["e", "E", "end the attempt", () => branch.finish()],
      ["?", "?", "all keys", () => this.help()],
    ]);
    this.fixed = [
      ["Ctrl ⏎", "run the query, in its box"],
      ["↑ ↓", "earlier queries, on the first and last line of the box"],
      ["Ctrl ⇧ ⏎", "confirm the action or the update"],
      ["Ctrl D", "commit the diagnosis"],
      ["Esc", "out of a field, a drawer, a dialog; clears the crosshair"],
    ];
    this.room = room;
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #add(group, keys) {
    for (const [key, shown, text, run] of keys) this.#keys.push({ group, key, shown, text, run });
  }

  #pressed(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const { room } = this;
    if ((event.ctrlKey || event.metaKey) && !event.altKey) {
      if (event.shiftKey && event.key === "Enter") {
        event.preventDefault();
        this.#form(target)?.confirm();
      } else if (!event.shiftKey && event.key.toLowerCase() === "d") {
        event.preventDefault();
        room.diagnosis.form.confirm();
      }
      return;
    }
    if (event.altKey) return;
    if (event.key === "Escape") {
      this.#escape(target);
      return;
    }
    if (target.matches(TYPING)) return;
    if (target.matches("button, a, summary, input") && (event.key === " " || event.key === "Enter")) return;
    if (target.matches("input[type=radio]") && event.key.startsWith("Arrow")) return;
    if (target.matches(".scroll, .log, .wide, .sheet") && event.key === " ") return;
    const key = event.key.length === 1 && event.key >= "A" && event.key <= "Z" ? event.key.toLowerCase() : event.key;
    const found = this.#keys.find((one) => one.key === key);
    if (!found) return;
    event.preventDefault();
    found.run(event);
  }

  #form(target) {
    const { actions, messages, closeout, diagnosis } = this.room;
    if (target.closest("#pane-update") || messages.composing) return messages.form;
    if (target.closest("#pane-close") || closeout.isOpen) return closeout.form;
    if (target.closest("#pane-diagnosis")) return diagnosis.form;
    return actions.form;
  }

  #escape(target) {
    const { messages, closeout } = this.room;
    if (messages.composing && !target.closest(".r1")) messages.composer(false);
    else if (closeout.isOpen && !target.closest(".r1")) closeout.open(false);
    else if (target.closest("#as-table")) this.room.table().toggle();
    else if (target.matches(TYPING)) target.blur();
    else this.room.charts().clearCross();
  }

  help() {
    const groups = [...new Set(this.#keys.map((one) => one.group))];
    const row = (shown, text) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, shown)), h("td", {}, text));
    return openDialog({
      title: "All keys",
      wide: true,
      body: () => [
        h("div", { class: "keysheet" }, [
          ...groups.map((group) => h("section", {}, h("h3", {}, group), h("table", {}, h("tbody", {}, this.#keys.filter((one) => one.group === group).map((one) => row(one.shown, one.text)))))),
          h("section", {}, h("h3", {}, "In fields and anywhere"), h("table", {}, h("tbody", {}, this.fixed.map(([shown, text]) => row(shown, text))))),
        ]),
        h("p", { class: "cap" }, "Single letters do nothing while you type in a field. Drag over the charts to zoom; double-click to follow the present again."),
      ],
    });
  }
}
