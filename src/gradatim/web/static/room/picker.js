// Which series a panel shows: every series of the room, found by typing.
import { h } from "./dom.js";
import { openDialog } from "./dialog.js";

const MOST = 3;

export class Picker {
  #charts;

  constructor(charts) {
    this.#charts = charts;
  }

  async open(strip) {
    const { series } = this.#charts;
    const chosen = [...strip.ids];
    const picked = await openDialog({
      title: `Series in ${strip.name}`,
      body: (close) => {
        const status = h("span", { class: "cap", role: "status" });
        const list = h("div", { class: "pick", role: "group", "aria-label": "Series" });
        const search = h("input", { type: "search", id: "pick-search", "data-first": true, autocomplete: "off", placeholder: "component, name or unit" });
        const say = () => {
          status.textContent = `${chosen.length} of at most ${MOST} chosen, ${series.catalogue.length} series`;
          for (const box of list.querySelectorAll("input")) box.disabled = !box.checked && chosen.length >= MOST;
        };
        const fill = () => {
          const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
          // What is chosen stays in sight, so that there is always something to give up for another.
          const groups = new Map(chosen.length ? [["in this panel", chosen.map((id) => series.byId.get(id))]] : []);
          for (const one of series.catalogue) {
            if (chosen.includes(one.id)) continue;
            const text = `${one.component} ${one.label} ${one.unit} ${one.id}`.toLowerCase();
            if (wanted.every((word) => text.includes(word))) groups.set(one.component, [...(groups.get(one.component) ?? []), one]);
          }
          list.replaceChildren(
            ...[...groups].map(([component, members]) =>
              h("fieldset", {}, h("legend", {}, component), members.map((one) => h("label", {}, h("input", { type: "checkbox", checked: chosen.includes(one.id), onchange: (event) => {
                if (event.target.checked) chosen.push(one.id);
                else chosen.splice(chosen.indexOf(one.id), 1);
                say();
              } }), h("span", {}, one.label), h("span", { class: "cap" }, one.unit)))),
            ),
          );
          if (!groups.size || (chosen.length && groups.size === 1 && wanted.length)) list.append(h("p", { class: "cap" }, "No series has these words."));
          say();
        };
        search.addEventListener("input", fill);
        search.addEventListener("keydown", (event) => event.key === "Enter" && chosen.length && close(chosen));
        fill();
        return [
          h("label", { for: "pick-search" }, "Find"),
          search,
          list,
          h("div", { class: "foot" }, status, h("button", { type: "button", class: "btn", onclick: () => close(strip.panel.series) }, "As it was"), h("button", { type: "button", class: "btn primary", onclick: () => close(chosen.length ? chosen : strip.panel.series) }, "Show")),
        ];
      },
    });
    if (picked) this.#charts.pick(strip, picked);
  }
}
