// The desk: what lies beside the screens. Drawing, handover, prices, objectives, change history, runbook.
import { h, safeMarkup } from "./dom.js";
import { openDialog } from "./dialog.js";
import { cell } from "./format.js";
import { words } from "./field.js";

const UNITS = { s: "s", ms: "ms", min: "min", usd: "$", mb: "MB" };

/** A name as people write it, with the unit that its ending tells. */
function named(name) {
  const unit = UNITS[/_(s|ms|min|usd|mb)$/.exec(name)?.[1]];
  return unit ? `${words(name)}, ${unit}` : words(name);
}

/** Nothing in it: told in words, or left out, never a heading over nothing. */
const empty = (value) => value !== null && typeof value === "object" && !Object.keys(value).length;

/** Markup, plain text, a list of rows, or a mapping: shown as what it is. */
function render(value) {
  if (value === null || value === undefined || value === "" || empty(value)) return [h("p", { class: "cap" }, "Nothing here.")];
  if (typeof value === "string") return /^\s*</.test(value) ? safeMarkup(value) : [h("pre", { class: "doc", tabindex: "0" }, value)];
  if (Array.isArray(value)) return value.length && typeof value[0] === "object" ? [rows(value)] : [h("p", {}, value.map(String).join(", "))];
  if (typeof value === "object") {
    const plain = Object.entries(value).filter(([, one]) => one === null || typeof one !== "object" || empty(one));
    const deep = Object.entries(value).filter(([, one]) => one !== null && typeof one === "object" && !empty(one));
    const isMap = (one) => one !== null && typeof one === "object" && !Array.isArray(one);
    if (!plain.length && deep.length > 1 && deep.every(([, one]) => isMap(one))) return [rows(deep.map(([name, one]) => ({ name, ...one })))];
    return [
      plain.length ? h("dl", { class: "pairs" }, plain.flatMap(([name, one]) => [h("dt", {}, named(name)), h("dd", {}, one === true ? "yes" : one === false ? "no" : one === null || empty(one) ? "none" : cell(one))])) : "",
      ...deep.flatMap(([name, one]) => [h("h3", {}, words(name)), ...render(one)]),
    ].filter(Boolean);
  }
  return [h("p", {}, cell(value))];
}

function rows(list) {
  const columns = [...new Set(list.flatMap((one) => Object.keys(one)))];
  const numeric = new Set(columns.filter((name) => list.every((one) => one[name] === null || one[name] === undefined || typeof one[name] === "number")));
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Rows" },
    h("table", {}, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col", class: numeric.has(name) ? "num" : "" }, named(name))))),
      h("tbody", {}, list.map((one) => h("tr", {}, columns.map((name) => h("td", { class: numeric.has(name) ? "num" : "" }, one[name] === undefined ? "" : cell(one[name]))))))));
}

export class Desk {
  service = null;
  #time;
  #marks;
  #sheets = [];
  #last = 0;

  /** `marks()` are the events on the charts by now. */
  constructor(time, marks) {
    this.#time = time;
    this.#marks = marks;
  }

  /** Changes newest first, with the time of day and how many days before the first day of the shift. */
  #changes(history) {
    const known = new Set(history.map(({ id }) => id));
    const later = this.#marks().filter(({ kind }) => kind === "deploy" || kind === "config").map((one) => {
      const [, id, text] = /^(C-\S+) (.*)$/.exec(one.text) ?? [null, "", one.text];
      return { ...one, id, text };
    });
    const all = [...history, ...later.filter(({ id }) => !known.has(id))].sort((a, b) => b.t_s - a.t_s);
    return all.map(({ t_s: at, id, kind, component, who, text }) => ({ when: this.#when(at), id, kind, component, who, text }));
  }

  #when(at) {
    const { days } = this.#time;
    const before = 1 - this.#time.day(at);
    if (days && before <= 0) return this.#time.hhmm(at);
    const day = before === 0 ? "today" : before === 1 ? (days ? "the day before" : "yesterday") : `${before} days ${days ? "before" : "ago"}`;
    return `${day} ${this.#time.ofDay(at)}`;
  }

  hello(hello) {
    const known = [
      ["Architecture", hello.architecture_svg ?? hello.architecture],
      ["Handover", hello.handover_html ?? hello.handover],
      ["Brief", hello.brief_html],
      ["Runbook", hello.runbook_html ?? hello.runbook],
      ["Changes, 14 days", Array.isArray(hello.history) ? () => this.#changes(hello.history) : hello.history],
      ["Objectives", hello.slo],
      ["Prices", hello.price_sheet ?? hello.prices],
      ["Words", hello.vocabulary],
    ];
    this.#sheets = [["Service now", () => this.service], ...known].filter(([, value]) => value !== undefined && value !== null && value !== "" && !(typeof value === "object" && !Object.keys(value).length));
  }

  open() {
    return openDialog({
      title: "Desk",
      wide: true,
      body: () => {
        const panel = h("div", { class: "sheet desk", role: "tabpanel", tabindex: "0", id: "desk-sheet" });
        const tabs = this.#sheets.map(([name], i) => h("button", { type: "button", class: "btn small", role: "tab", id: `desk-tab-${i}`, "aria-controls": "desk-sheet", onclick: () => show(i) }, name));
        const show = (i) => {
          this.#last = i;
          tabs.forEach((tab, at) => {
            tab.setAttribute("aria-selected", String(at === i));
            tab.tabIndex = at === i ? 0 : -1;
          });
          panel.setAttribute("aria-labelledby", tabs[i].id);
          const value = this.#sheets[i][1];
          panel.replaceChildren(...render(typeof value === "function" ? value() : value));
          panel.scrollTop = 0;
        };
        const list = h("div", { class: "acts", role: "tablist", "aria-label": "On the desk", onkeydown: (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step) return;
          const next = (this.#last + step + tabs.length) % tabs.length;
          show(next);
          tabs[next].focus();
        } }, tabs);
        if (!tabs.length) return [h("p", {}, "The desk is empty.")];
        show(Math.min(this.#last, tabs.length - 1));
        return [list, panel];
      },
    });
  }
}
