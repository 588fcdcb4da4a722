// The charts as a table, for anyone who would rather read numbers; rebuilt while it is open.
import { $, h } from "./dom.js";
import { num } from "./format.js";

const STEPS_S = [10, 30, 60, 120, 300, 600, 1200, 3600, 7200, 21600];
const ROWS = 16;

export class Table {
  #charts;

  constructor(charts) {
    this.#charts = charts;
    this.box = $("as-table");
    this.box.addEventListener("toggle", () => {
      clearInterval(this.timer);
      if (!this.box.open) return;
      this.fill();
      this.timer = setInterval(() => document.activeElement !== $("table-body") && this.fill(), 2000);
    });
  }

  toggle() {
    this.box.open = !this.box.open;
    (this.box.open ? $("table-body") : this.box.querySelector("summary")).focus();
  }

  fill() {
    const { strips, series, window, time, annotations } = this.#charts;
    const from = Math.max(window.from, series.n ? series.times[0] : 0);
    const to = Math.min(window.to, window.now);
    const step = STEPS_S.find((one) => (to - from) / one <= ROWS) ?? STEPS_S.at(-1);
    const columns = strips.flatMap((strip) => strip.ids.map((id) => ({ id, ...series.byId.get(id) })));
    const rows = [];
    for (let t = from + ((step - time.past(from, step)) % step); t <= to; t += step) {
      const index = series.at(t);
      if (index >= 0) rows.push(h("tr", {}, h("th", { scope: "row" }, time.hhmmss(t)), columns.map(({ id }) => h("td", { class: "num" }, num(series.values(id)[index])))));
    }
    const events = annotations.filter(({ t_s: t }) => t >= from && t <= to);
    $("table-body").replaceChildren(
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "time"), columns.map((one) => h("th", { scope: "col", class: "num" }, one.label, h("br"), one.unit)))), h("tbody", {}, rows)),
      events.length ? h("table", { class: "events" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "time"), h("th", { scope: "col" }, "kind"), h("th", { scope: "col" }, "event"))), h("tbody", {}, events.map((one) => h("tr", {}, h("th", { scope: "row" }, time.hhmmss(one.t_s)), h("td", {}, one.kind === "own" ? "you" : one.kind), h("td", {}, one.text))))) : "",
    );
  }
}
