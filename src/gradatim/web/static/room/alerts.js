// Alerts as they stand: a shape and a word for the state, and the button that takes one.
import { $, h, put, s } from "./dom.js";
import { num } from "./format.js";

const ORDER = { firing: 0, acknowledged: 1, silenced: 2, resolved: 3 };
const SHAPES = {
  page: { d: "M7 1.5l6 11H1z", cls: "f" },
  ticket: { d: "M7 2l5.2 9.8H1.8z", cls: "" },
  resolved: { d: "M2.5 7.5l3 3 6-7", cls: "" },
  silenced: { d: "M2 7h10", cls: "" },
};

function glyph({ state, severity }) {
  const shape = SHAPES[state] ?? SHAPES[severity] ?? SHAPES.ticket;
  return s("svg", { class: "glyph", width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true" }, s("path", { class: shape.cls, d: shape.d }));
}

const tone = ({ state, severity }) => (state === "resolved" || state === "silenced" ? "quiet" : severity === "page" ? "bad" : "warn");

export class Alerts {
  #room;
  #known = new Map();
  #shown = "";
  list = [];

  constructor(room) {
    this.#room = room;
    $("alerts").addEventListener("click", (event) => {
      const id = event.target.closest("[data-ack]")?.dataset.ack;
      if (id) this.acknowledge(id);
    });
  }

  reset() {
    this.#known.clear();
  }

  frame(list, first) {
    if (!list) return;
    this.list = [...list].sort((a, b) => ORDER[a.state] - ORDER[b.state] || (a.severity === "page" ? 0 : 1) - (b.severity === "page" ? 0 : 1) || b.since_s - a.since_s);
    for (const one of list) {
      if (!first && one.state === "firing" && this.#known.get(one.id) !== "firing") this.#room.say(`${one.severity === "page" ? "Page" : "Ticket"}: ${one.name}. ${one.summary ?? ""}`);
      if (!first && one.state === "resolved" && this.#known.get(one.id) && this.#known.get(one.id) !== "resolved") this.#room.say(`${one.name} resolved.`);
      this.#known.set(one.id, one.state);
    }
    this.#draw();
  }

  #draw() {
    const firing = this.list.filter((one) => one.state === "firing").length;
    const standing = this.list.filter((one) => one.state === "acknowledged").length;
    put($("alerts-count"), [`${firing} firing`, standing && `${standing} yours`].filter(Boolean).join(", "));
    put($("jump-alerts"), firing ? `Alerts ${firing}` : "Alerts");
    const shape = JSON.stringify(this.list.map(({ id, state }) => [id, state]));
    if (shape === this.#shown) {
      for (const one of this.list) {
        const cell = $("alerts").querySelector(`[data-value="${CSS.escape(one.id)}"]`);
        if (cell) put(cell, this.#value(one));
      }
      return;
    }
    this.#shown = shape;
    const held = document.activeElement?.dataset?.ack;
    if (!this.list.length) {
      $("alerts").replaceChildren(h("p", { class: "cap" }, "No alert has fired. Next alert (N) runs the clock to the first one."));
      return;
    }
    const head = h("thead", {}, h("tr", {}, ["alert", "now", "since", "state"].map((text, i) => h("th", { scope: "col", class: i === 1 ? "num" : "" }, text))));
    const rows = this.list.flatMap((one) => [
      h("tr", { title: one.summary },
        h("th", { scope: "row" }, h("span", { class: `st ${tone(one)}` }, glyph(one), one.name)),
        h("td", { class: "num", "data-value": one.id }, this.#value(one)),
        h("td", {}, this.#room.time.hhmm(one.since_s)),
        h("td", {}, this.#state(one))),
      // What a page says is read before it is taken; afterwards it would only take room.
      one.state === "firing" && one.severity === "page" && one.summary ? h("tr", { class: "sum" }, h("td", { colspan: "4" }, one.summary)) : "",
    ].filter(Boolean));
    $("alerts").replaceChildren(h("table", {}, head, h("tbody", {}, rows)));
    if (held) ($("alerts").querySelector(`[data-ack="${CSS.escape(held)}"]`) ?? $("alerts")).focus();
  }

  #value({ value, unit }) {
    if (value === null || value === undefined) return "no data";
    return unit === "times" ? `${num(value)}×` : `${num(value)}${unit ? ` ${unit}` : ""}`;
  }

  #state(one) {
    if (one.state === "firing" && this.#room.kinds.acknowledge) return [`${one.severity} `, h("button", { type: "button", class: "btn small ack", "data-ack": one.id, "aria-label": `Ack ${one.name}` }, "Ack")];
    if (one.state === "acknowledged") return `${one.severity}, yours`;
    return one.state === "firing" ? one.severity : one.state;
  }

  async acknowledge(id) {
    const kind = this.#room.kinds.acknowledge;
    const { kind: _, ...properties } = kind.schema.properties;
    const name = Object.keys(properties).find((one) => /alert/.test(one)) ?? Object.keys(properties)[0] ?? "alert";
    const many = properties[name]?.type === "array";
    try {
      const answer = await this.#room.act({ kind: kind.kind, [name]: many ? [id] : id });
      if (!answer.accepted) this.#room.toast(`Refused: ${answer.reason}`, "bad");
      else $("alerts").focus();
    } catch (error) {
      this.#room.refused(error);
    }
  }

  focus() {
    ($("alerts").querySelector("[data-ack]") ?? $("alerts")).focus();
    $("pane-alerts").scrollIntoView({ block: "nearest" });
  }
}
