// One chart strip: its legend, its uPlot canvas, its annotations.
import uPlot from "/static/vendor/uPlot.esm.js";
import { h, put, s } from "./dom.js";
import { num, tickText } from "./format.js";
import { annotate, decades, drawLimit, withGaps } from "./marks.js";

const AXIS_PX = 44;

/** A number at the very edge would be cut in half by the next strip. */
const inside = (u, value) => {
  const y = u.valToPos(value, "y");
  return y > 6 && y < u.height - 6;
};

export class Strip {
  visible = true;
  dirty = true;
  #u = null;
  #box;
  #values = [];

  constructor(panel, charts) {
    this.panel = panel;
    this.charts = charts;
    this.ids = panel.series;
    this.title = h("h3", {});
    this.legend = h("div", {});
    this.#box = h("div", { class: "plot", role: "img" });
    this.el = h("div", { class: "strip" }, h("div", { class: "lab" }, this.title, this.legend), this.#box);
    this.choose = h("button", { type: "button", class: "chooser", "aria-label": `Choose the series of ${panel.title}`, title: "Choose series", onclick: () => charts.choose(this) }, "…");
    this.show(this.ids);
  }

  get plotBox() {
    return this.#box;
  }

  /** Draw these series (at most three) instead. */
  show(ids) {
    const { series } = this.charts;
    this.ids = ids.filter((id) => series.byId.has(id)).slice(0, 3);
    const units = [...new Set(this.ids.map((id) => series.byId.get(id).unit))];
    this.own = this.ids.join() !== this.panel.series.join();
    this.name = this.own ? [...new Set(this.ids.map((id) => series.byId.get(id).component))].join(", ") || this.panel.title : this.panel.title;
    this.unit = this.own ? units.join(", ") : (this.panel.unit ?? units[0] ?? "");
    this.title.replaceChildren(h("span", {}, this.name), " ", h("span", { class: "cap" }, this.unit), this.choose);
    this.choose.setAttribute("aria-label", `Choose the series of ${this.name}`);
    this.#values = this.ids.map(() => h("b", {}, "–"));
    this.legend.replaceChildren(
      ...this.ids.map((id, i) => {
        const key = s("svg", { viewBox: "0 0 18 6", "aria-hidden": "true" }, s("path", { class: `ln s${i + 1}`, d: "M0 3h18" }));
        const label = series.byId.get(id).label;
        return h("div", { class: "key", title: `${series.byId.get(id).component}: ${label}` }, key, h("span", {}, label), this.#values[i]);
      }),
    );
    this.#u?.destroy();
    this.#u = null;
    this.dirty = true;
  }

  #make() {
    const { theme, series, window } = this.charts;
    const { log, limit } = this.own ? {} : this.panel;
    const { width, height } = this.#box.getBoundingClientRect();
    if (width < 20 || height < 20) return;
    this.#u = new uPlot(
      {
        width: width + AXIS_PX,
        height,
        padding: [0, 0, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: false, y: false },
          bind: Object.fromEntries(["mousedown", "mouseup", "click", "dblclick", "mousemove", "mouseleave", "mouseenter"].map((name) => [name, () => null])),
          points: { size: 6, width: 1, fill: () => theme.ink, stroke: () => theme.ground },
          dataIdx: (u, si, at) => (si === 0 || !Number.isNaN(u.data[si][at]) ? at : null),
        },
        scales: {
          x: { time: false, auto: false, range: () => [window.from, window.to] },
          y: { distr: log ? 3 : 1, range: () => this.#range() },
        },
        axes: [
          { show: false },
          {
            side: 1,
            size: AXIS_PX,
            gap: 4,
            space: 26,
            ...(log ? { splits: (u) => decades(u.scales.y.min, u.scales.y.max), filter: (u, splits) => splits } : {}),
            font: theme.font,
            stroke: () => theme.ink3,
            grid: { stroke: () => theme.line, width: 1 },
            ticks: { show: false },
            values: (u, splits) => splits.map((v) => (series.n && inside(u, v) ? tickText(v) : "")),
          },
        ],
        series: [
          {},
          ...this.ids.map((id, i) => ({
            label: series.byId.get(id).label,
            stroke: () => theme.series[i].stroke,
            width: theme.series[i].width,
            dash: theme.series[i].dash,
            points: { show: false },
            pxAlign: 0,
            spanGaps: true,
            paths: withGaps,
          })),
        ],
        hooks: { drawClear: [(u) => annotate(u, this.charts)], draw: limit ? [(u) => drawLimit(u, limit, theme)] : [] },
      },
      this.#data(),
      this.#box,
    );
  }

  #data() {
    const { series } = this.charts;
    return [series.times, ...this.ids.map((id) => series.values(id))];
  }

  /** Lowest and highest value in the window, gaps left out. */
  #extent() {
    const { series, window } = this.charts;
    const from = Math.max(0, series.at(window.from));
    const to = Math.min(series.n - 1, series.at(window.to) + 1);
    let low = Infinity;
    let high = -Infinity;
    for (const id of this.ids) {
      const values = series.values(id);
      for (let i = from; i <= to; i += 1) {
        if (values[i] < low) low = values[i];
        if (values[i] > high) high = values[i];
      }
    }
    return [low, high];
  }

  /** A range with air, and the limit in it once the line comes near. */
  #range() {
    const { log, min, max, limit } = this.own ? {} : this.panel;
    let [low, high] = this.#extent();
    if (low > high) return log ? [1, 10] : [0, 1];
    if (limit && limit.value > low - (high - low) - Math.abs(low) * 0.5 && limit.value < high + (high - low) + Math.abs(high) * 0.5) {
      low = Math.min(low, limit.value);
      high = Math.max(high, limit.value);
    }
    if (log) return [Math.max(low * 0.75, 1e-3), high * 1.35];
    if (low >= 0 && low < (high - low) * 0.6) low = 0;
    const flat = Math.abs(high) * 0.04 || 0.5;
    const air = Math.max((high - low) * 0.12, high - low < flat / 4 ? flat : 0);
    const whole = this.unit === "%" && high <= 100;
    const bottom = low === 0 ? -air * 0.4 : low - air;
    return [min ?? bottom, max ?? (whole ? Math.min(high + air, 100 + (100 - bottom) * 0.08) : high + air)];
  }

  /** Redraw with what has come since; nothing while scrolled out of sight. */
  draw() {
    this.dirty = true;
    if (!this.visible) return;
    if (!this.#u) this.#make();
    if (!this.#u) return;
    const { window } = this.charts;
    const u = this.#u;
    u.batch(() => {
      u.setData(this.#data(), false);
      u.setScale("x", { min: window.from, max: window.to });
    });
    this.dirty = false;
  }

  resize() {
    const { width, height } = this.#box.getBoundingClientRect();
    if (this.#u && width > 20 && height > 20) this.#u.setSize({ width: width + AXIS_PX, height });
  }

  restyle() {
    if (!this.#u) return;
    this.#u.series.slice(1).forEach((one, i) => (one.dash = this.charts.theme.series[i].dash));
    this.#u.redraw(false, true);
  }

  /** Values and points at the crosshair, or the newest values without one. */
  cross(index, left) {
    const { series } = this.charts;
    this.ids.forEach((id, i) => put(this.#values[i], index < 0 ? "–" : num(series.values(id)[index])));
    this.#u?.setCursor(left === null ? { left: -10, top: -10 } : { left, top: 0 }, false);
  }

  label(text) {
    const full = `${this.name}${this.unit ? `, ${this.unit}` : ""}: ${this.ids.map((id) => this.charts.series.byId.get(id).label).join(", ")}; ${text}`;
    if (this.#box.getAttribute("aria-label") !== full) this.#box.setAttribute("aria-label", full);
  }
}
