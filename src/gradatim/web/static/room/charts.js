// Eight strips on one time axis: one window, one crosshair, one redraw per animation frame.
import { $, h, perFrame, put, s } from "./dom.js";
import { minutes } from "./format.js";
import { Lanes } from "./lanes.js";
import { Picker } from "./picker.js";
import { Strip } from "./strip.js";

const LABEL_STEPS_S = [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800];

const AT_ONCE = 3;

export class Charts {
  annotations = [];
  strips = [];
  #drawn = { n: -1, from: NaN, span: NaN, marks: -1 };
  #mouse = null;
  #drag = null;

  constructor(room, { series, theme, window, time, panels, drafts }) {
    Object.assign(this, { room, series, theme, window, time, panels, drafts });
    this.root = $("strips");
    this.lanes = new Lanes($("lanes"), this);
    this.picker = new Picker(this);
    this.redraw = perFrame(() => this.#draw());
    this.#crossSoon = perFrame(() => this.#cross());
    const kept = this.drafts.get("panels", {});
    const axis = this.root.querySelector(".strip.ax");
    for (const panel of panels) {
      const strip = new Strip(panel, this);
      if (kept[panel.id]) strip.show(kept[panel.id]);
      this.strips.push(strip);
      axis.before(strip.el);
    }
    this.seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const strip = this.strips.find((one) => one.el === entry.target);
        strip.visible = entry.isIntersecting;
        if (strip.visible && strip.dirty) this.refresh();
      }
    });
    for (const strip of this.strips) this.seen.observe(strip.el);
    new ResizeObserver(() => {
      this.place = this.#place();
      for (const strip of this.strips) strip.resize();
      this.refresh();
    }).observe(this.root);
    theme.addEventListener("change", () => {
      for (const strip of this.strips) strip.restyle();
      this.refresh();
    });
    window.addEventListener("move", () => this.redraw());
    window.addEventListener("cross", () => this.#crossSoon());
    $("narrower").addEventListener("click", () => window.widen(-1));
    $("wider").addEventListener("click", () => window.widen(1));
    $("follow").addEventListener("click", () => window.followNow());
    this.#pointers();
  }

  #crossSoon;

  destroy() {
    for (const strip of this.strips) strip.el.remove();
  }

  /** Draw even if nothing seems to have moved. */
  refresh() {
    this.#drawn.n = -1;
    this.redraw();
  }

  frame({ ticks, annotations, t_s: now }) {
    const more = this.series.append(ticks);
    if (annotations?.length) {
      this.annotations.push(...annotations);
      this.annotations.sort((a, b) => a.t_s - b.t_s);
    }
    if (now !== undefined) this.window.tick(now);
    if (more || annotations?.length) this.redraw();
  }

  /** The first value of a series at or after `t`, null before it has one. */
  firstFrom(id, t) {
    if (!this.series.byId.has(id)) return null;
    const values = this.series.values(id);
    for (let i = Math.max(0, this.series.at(t)); i < values.length; i += 1) if (!Number.isNaN(values[i])) return values[i];
    return null;
  }

  reset() {
    this.#drawn.n = -1;
    this.series.clear();
    this.annotations = [];
    this.refresh();
  }

  /** Where the plots start and how wide they are, in the coordinates of the strips. */
  #place() {
    const box = this.root.getBoundingClientRect();
    const plot = $("axis").getBoundingClientRect();
    return { left: plot.left - box.left, width: plot.width };
  }

  #draw() {
    const { window, series } = this;
    const place = (this.place ??= this.#place());
    const moved = Math.abs(window.from - this.#drawn.from) / (window.span / Math.max(place.width, 1));
    const same = this.#drawn.n === series.n && this.#drawn.marks === this.annotations.length && this.#drawn.span === window.span;
    if (same && moved < 0.5) return;
    this.#drawn = { n: series.n, from: window.from, span: window.span, marks: this.annotations.length };
    // Three strips in a frame, the rest in the next ones: short tasks instead of a long one.
    this.#turn([...this.strips]);
    this.lanes.draw(place.width);
    this.#axis(place.width);
    const text = `${this.time.hhmm(Math.max(window.from, series.n ? series.times[0] : window.from))} to ${this.time.hhmm(Math.min(window.to, window.now))}`;
    if (!this.room.clock.playing || performance.now() - (this.labelled ?? -1e9) > 5000) {
      this.labelled = performance.now();
      for (const strip of this.strips) strip.label(text);
    }
    put($("window-text"), minutes(window.span));
    $("follow").hidden = window.follow;
    this.#cross();
  }

  #turn(strips) {
    for (const strip of strips.splice(0, AT_ONCE)) strip.draw();
    cancelAnimationFrame(this.turning);
    if (strips.length) this.turning = requestAnimationFrame(() => this.#turn(strips));
  }

  #axis(width) {
    const { window, time } = this;
    const step = LABEL_STEPS_S.find((one) => (one / window.span) * width >= (time.days ? 92 : 64)) ?? LABEL_STEPS_S.at(-1);
    const svg = s("svg", { "aria-hidden": "true" }, s("line", { class: "axis", x1: 0, x2: "100%", y1: 0, y2: 0 }));
    const begin = window.from + ((step - time.past(window.from, step)) % step);
    for (let t = begin; t <= window.to; t += step) {
      const x = ((t - window.from) / window.span) * width;
      svg.append(s("line", { class: "axis", x1: x, x2: x, y1: 0, y2: 4 }));
      const label = time.tick(t, t === begin);
      const half = label.length > 5 ? 34 : 16;
      const anchor = x < half ? "start" : x > width - half ? "end" : "middle";
      svg.append(s("text", { x, y: 16, "text-anchor": anchor }, label));
    }
    const half = this.#chipHalf;
    this.chip = s("g", { visibility: "hidden" }, s("rect", { class: "xchip", x: -half, y: 2, width: 2 * half, height: 17, rx: 2 }), s("text", { class: "xtext", x: 0, y: 15, "text-anchor": "middle" }));
    svg.append(this.chip);
    $("axis").replaceChildren(svg);
  }

  /** Half the width of the crosshair's time, in pixels. */
  get #chipHalf() {
    return this.time.days ? 52 : 30;
  }

  // -- crosshair --------------------------------------------------------------------------------------
  #cross() {
    const { window, series, place } = this;
    if (!place) return;
    if (this.#mouse !== null) window.cross = window.from + (this.#mouse / place.width) * window.span;
    const t = window.cross;
    if (t === null || t < window.from || t > window.to) {
      for (const strip of this.strips) strip.cross(series.n - 1, null);
      this.lanes.cross(null);
      this.chip?.setAttribute("visibility", "hidden");
      return;
    }
    const left = ((t - window.from) / window.span) * place.width;
    const index = series.at(t);
    for (const strip of this.strips) strip.cross(index, left);
    this.lanes.cross(left);
    this.chip.setAttribute("visibility", "visible");
    this.chip.setAttribute("transform", `translate(${Math.max(this.#chipHalf, Math.min(place.width - this.#chipHalf, left))} 0)`);
    put(this.chip.lastChild, this.time.hhmmss(t));
  }

  /** Arrow keys: by ticks; the values are spoken when the key rests. */
  stepCross(ticks) {
    const { window, series } = this;
    if (!series.n) return;
    this.#mouse = null;
    const from = window.cross === null ? series.n - 1 : series.at(window.cross);
    const index = Math.max(0, Math.min(series.n - 1, from + (window.cross === null ? 0 : ticks)));
    const t = series.times[index];
    if (t < window.from || t > window.to) window.pan((t - (window.from + window.to) / 2) / window.span);
    window.setCross(t);
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const parts = this.strips.map((strip) => `${strip.name} ${[...strip.legend.querySelectorAll(".key")].map((key) => `${key.children[1].textContent} ${key.children[2].textContent}`).join(", ")}`);
      this.room.say(`${this.time.hhmmss(t)}. ${parts.join(". ")}`);
    }, 700);
  }

  clearCross() {
    this.#mouse = null;
    const had = this.window.cross !== null;
    this.window.setCross(null);
    return had;
  }

  #pointers() {
    const inPlot = (event) => event.target.closest?.(".plot");
    const at = (event) => {
      const box = $("axis").getBoundingClientRect();
      return Math.max(0, Math.min(box.width, event.clientX - box.left));
    };
    const select = h("div", { class: "xsel", hidden: true });
    this.root.append(select);
    this.root.addEventListener("pointermove", (event) => {
      if (this.#drag) {
        const { x } = this.#drag;
        const now = at(event);
        select.hidden = Math.abs(now - x) < 4;
        select.style.left = `${this.place.left + Math.min(x, now)}px`;
        select.style.width = `${Math.abs(now - x)}px`;
      }
      if (!inPlot(event) && !this.#drag) return;
      this.#mouse = at(event);
      this.#crossSoon();
    });
    this.root.addEventListener("pointerleave", () => {
      if (this.#mouse === null) return;
      this.#mouse = null;
      this.window.cross = null;
      this.#crossSoon();
    });
    this.root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !inPlot(event)) return;
      this.#mouse = at(event);
      this.#crossSoon();
      if (event.pointerType === "touch") return;
      event.preventDefault();
      this.#drag = { x: at(event) };
      this.root.setPointerCapture(event.pointerId);
    });
    const done = (event) => {
      if (!this.#drag) return;
      const { x } = this.#drag;
      const end = at(event);
      this.#drag = null;
      select.hidden = true;
      if (event.type !== "pointerup" || Math.abs(end - x) < 8) return;
      const { from, span } = this.window;
      const time = (px) => from + (px / this.place.width) * span;
      this.window.show(time(Math.min(x, end)), time(Math.max(x, end)));
    };
    this.root.addEventListener("pointerup", done);
    this.root.addEventListener("pointercancel", done);
    this.root.addEventListener("dblclick", (event) => inPlot(event) && this.window.followNow());
  }

  // -- other series in a panel ------------------------------------------------------------------------
  choose(strip) {
    this.picker.open(strip);
  }

  pick(strip, ids) {
    strip.show(ids);
    const kept = this.drafts.get("panels", {});
    if (strip.own) kept[strip.panel.id] = ids;
    else delete kept[strip.panel.id];
    this.drafts.set("panels", kept);
    this.refresh();
  }
}
