// The tokens as the canvas needs them: resolved by the browser from CSS, read again when the theme changes.

const SHADES = ["--ink", "--ink-2", "--ink-3", "--line", "--line-2", "--ground", "--accent", "--bad", "--warn"];

export class Theme extends EventTarget {
  constructor() {
    super();
    this.#read();
    const again = () => {
      this.#read();
      this.dispatchEvent(new Event("change"));
    };
    for (const wish of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(wish).addEventListener("change", again);
    new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
  }

  #read() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "vh");
    svg.setAttribute("aria-hidden", "true");
    document.body.append(svg);
    const probe = (cls) => {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
      line.setAttribute("class", cls);
      svg.append(line);
      const css = getComputedStyle(line);
      const dash = (css.strokeDasharray.match(/[\d.]+/g) ?? []).map(Number);
      return { stroke: css.stroke, dash, width: parseFloat(css.strokeWidth) || 1.5 };
    };
    this.series = ["ln s1", "ln s2", "ln s3"].map(probe);
    this.limit = probe("limit");
    this.marks = { deploy: probe("v-dep"), config: probe("v-dep"), alert: probe("v-al"), own: probe("v-you") };
    this.alpha = { deploy: 0.6, config: 0.6, alert: 0.75, own: 0.6 };
    for (const name of SHADES) {
      svg.style.color = `var(${name})`;
      this[name.slice(2).replace("-", "")] = getComputedStyle(svg).color;
    }
    svg.remove();
    this.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  }
}
