// What happened, on the axis of the charts: changes, alerts, own actions, one lane each.
import { s } from "./dom.js";

const LANES = [
  { kinds: ["deploy", "config"], y: 9, text: "mid", many: "changes" },
  { kinds: ["alert"], y: 27, text: "tbad", many: "alerts" },
  { kinds: ["own"], y: 45, text: "tyou", many: "actions" },
];
const MARK = {
  deploy: { line: "v-dep", make: (x) => s("rect", { class: "m-ink", x: x - 3.5, y: 5, width: 7, height: 7 }) },
  config: { line: "v-dep", make: (x) => s("path", { class: "m-ink", d: `M${x} 4l4.5 4.5-4.5 4.5-4.5-4.5z` }) },
  alert: { line: "v-al", make: (x) => s("path", { class: "m-bad", d: `M${x} 22l4.5 8h-9z` }) },
  own: { line: "v-you", make: (x) => s("circle", { class: "m-you", cx: x, cy: 45, r: 4 }) },
};

export class Lanes {
  #box;
  #charts;
  #line = null;
  #measure = document.createElement("canvas").getContext("2d");

  constructor(box, charts) {
    this.#box = box;
    this.#charts = charts;
  }

  draw(width) {
    const { window, annotations, theme, time } = this.#charts;
    this.#measure.font = theme.font;
    const seen = annotations.filter(({ t_s: t }) => t >= window.from && t <= window.to);
    const x = (t) => Math.round(((t - window.from) / window.span) * width) + 0.5;
    const svg = s("svg", { role: "img", "aria-label": this.#words(seen, time) });
    for (const { y, kinds } of LANES) {
      for (const one of seen) {
        if (!kinds.includes(one.kind)) continue;
        const at = x(one.t_s);
        svg.append(s("line", { class: MARK[one.kind].line, x1: at, x2: at, y1: y, y2: "100%" }));
      }
    }
    for (const lane of LANES) {
      const groups = [];
      for (const one of seen) {
        if (!lane.kinds.includes(one.kind)) continue;
        const at = x(one.t_s);
        const last = groups.at(-1);
        if (last && at - last.to < 12) {
          last.items.push(one);
          last.to = at;
        } else groups.push({ from: at, to: at, items: [one] });
      }
      groups.forEach((group, i) => {
        for (const one of group.items) {
          const mark = MARK[one.kind].make(x(one.t_s));
          if (one.severity === "ticket") mark.setAttribute("class", "m-ticket");
          mark.append(s("title", {}, `${time.hhmmss(one.t_s)} ${one.text}`));
          svg.append(mark);
        }
        const space = (groups[i + 1]?.from ?? width + 40) - group.to - 18;
        const text = this.#fit(group.items.length > 1 ? `${group.items.length} ${lane.many}` : group.items[0].text, space);
        const whole = s("title", {}, group.items.map((one) => `${time.hhmmss(one.t_s)} ${one.text}`).join("\n"));
        if (text) svg.append(s("text", { class: `${lane.text} flag`, x: group.to + 8, y: lane.y + 4 }, text, whole));
      });
    }
    this.#line = s("line", { class: "v-x", x1: 0, x2: 0, y1: 0, y2: "100%", visibility: "hidden" });
    svg.append(this.#line);
    this.#box.replaceChildren(svg);
  }

  cross(left) {
    if (!this.#line) return;
    this.#line.setAttribute("visibility", left === null ? "hidden" : "visible");
    if (left !== null) for (const end of ["x1", "x2"]) this.#line.setAttribute(end, left);
  }

  #fit(text, space) {
    if (this.#measure.measureText(text).width <= space) return text;
    let shorter = text;
    while (shorter.length > 3 && this.#measure.measureText(`${shorter}…`).width > space) shorter = shorter.slice(0, -1);
    return shorter.length > 3 ? `${shorter.trimEnd()}…` : "";
  }

  #words(seen, time) {
    if (!seen.length) return "Events on the shared time axis: none in this window";
    const some = seen.slice(-12).map((one) => `${time.hhmm(one.t_s)} ${one.text}`);
    return `Events on the shared time axis: ${seen.length > 12 ? `last 12 of ${seen.length}: ` : ""}${some.join("; ")}`;
  }
}
