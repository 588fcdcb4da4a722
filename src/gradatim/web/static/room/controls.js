// The simple controls of an action's form: a choice, a tick, text, a number in its unit, a moment.
// Every one is {el, get(), set(value), raw(), restore(raw), problem()}; `raw` is what was typed, kept as a draft.
import { h } from "./dom.js";

let serial = 0;
export const fresh = () => `f${(serial += 1)}`;

export const isShare = (name, schema) => schema["x-input"] === "share" || schema["x-unit"] === "%" && schema.maximum === 1 || (schema.type === "number" && schema.maximum === 1 && (schema.minimum ?? 0) >= 0 && /share|fraction|ratio|sure|confidence|probability|budget|percent|weight/.test(name));
const unitOf = (name, schema) => schema["x-unit"] ?? (/_ms$/.test(name) ? "ms" : /_s$/.test(name) ? "s" : /_usd$/.test(name) ? "$" : /_mb$/.test(name) ? "MB" : /_min$/.test(name) ? "min" : "");

export function choice(schema, optional, options) {
  const el = h("select", { id: fresh() });
  // Left out, a field has its default: an empty line above it would say one thing and do another.
  const given = schema.default !== undefined && schema.default !== null;
  if (optional || !given) el.append(h("option", { value: "" }, optional ? "not said" : "choose"));
  options.forEach(({ text }, i) => el.append(h("option", { value: String(i) }, text)));
  const restore = (index) => (el.value = index);
  const at = options.findIndex(({ value }) => value === schema.default);
  if (at >= 0) restore(String(at));
  return {
    el,
    get: () => (el.value === "" ? (optional ? null : undefined) : options[+el.value]?.value),
    set: (value) => {
      const found = options.findIndex((one) => one.value === value);
      el.value = found < 0 ? "" : String(found);
    },
    raw: () => options[+el.value]?.text ?? "",
    restore: (kept) => {
      const found = options.findIndex((one) => one.text === kept);
      if (found >= 0) restore(String(found));
    },
    problem: () => null,
  };
}

export function tick(schema) {
  const el = h("input", { id: fresh(), type: "checkbox", checked: Boolean(schema.default) });
  return { el, get: () => el.checked, set: (value) => (el.checked = Boolean(value)), raw: () => el.checked, restore: (kept) => (el.checked = Boolean(kept)), problem: () => null };
}

/** Free text; with something to choose from where the room knows what there is. */
export function text(name, schema, optional, context) {
  const long = (schema.maxLength ?? 0) > 120 || schema["x-input"] === "prose";
  const el = long ? h("textarea", { id: fresh(), rows: "3" }) : h("input", { id: fresh(), type: "text", autocomplete: "off" });
  if (schema.maxLength) el.maxLength = schema.maxLength;
  if (schema.default) el.value = schema.default;
  const known = context.suggest?.(name) ?? [];
  const menu = known.length ? h("datalist", { id: fresh() }, known.map(({ value, text: label }) => h("option", { value }, label))) : "";
  if (menu) el.setAttribute("list", menu.id);
  return { el, after: menu, get: () => (el.value === "" ? (optional ? null : undefined) : el.value), set: (value) => (el.value = value ?? ""), raw: () => el.value, restore: (kept) => (el.value = kept), problem: () => null };
}

/** A number in the unit people say: shares of one are typed as per cent. */
export function number(name, schema, optional) {
  const share = isShare(name, schema);
  const scale = share ? 100 : 1;
  const shown = (value) => (value === undefined || value === null ? "" : String(+(value * scale).toPrecision(10)));
  const el = h("input", { id: fresh(), type: "text", inputmode: schema.type === "integer" ? "numeric" : "decimal", autocomplete: "off", placeholder: optional ? "empty: no limit" : null });
  el.value = shown(schema.default);
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const bounds = low !== undefined && high !== undefined ? `${shown(low)} to ${shown(high)}` : low !== undefined ? `at least ${shown(low)}` : high !== undefined ? `at most ${shown(high)}` : "";
  el.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const step = (schema.multipleOf ?? (share ? 0.01 : 1)) * (event.shiftKey ? 10 : 1) * scale;
    const next = (+el.value || 0) + (event.key === "ArrowUp" ? step : -step);
    el.value = String(+Math.min(high === undefined ? Infinity : high * scale, Math.max(low === undefined ? -Infinity : low * scale, next)).toPrecision(10));
    el.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const parsed = () => Number(el.value.replace(/[,\s]/g, "").replace(/%$/, ""));
  return {
    el,
    unit: share ? "%" : unitOf(name, schema),
    bounds,
    get: () => (el.value.trim() === "" ? (optional ? null : undefined) : Number.isFinite(parsed()) ? +(parsed() / scale).toPrecision(12) : undefined),
    set: (value) => (el.value = shown(value)),
    raw: () => el.value,
    restore: (kept) => (el.value = kept),
    problem: () => (el.value.trim() !== "" && !Number.isFinite(parsed()) ? `"${el.value}" is not a number` : null),
  };
}

/** A moment, typed as the clock shows it. "+10" is ten minutes from now. */
export function clock(schema, optional, { time, now }) {
  const el = h("input", { id: fresh(), type: "text", autocomplete: "off", placeholder: time.days ? "2/09:42 or +10" : "HH:MM or +10" });
  if (typeof schema.default === "number") el.value = time.hhmm(schema.default);
  const parsed = () => {
    const ahead = /^\s*([+-])\s*(\d+)\s*(?:m|min)?\s*$/.exec(el.value);
    if (ahead) return now() + (ahead[1] === "-" ? -60 : 60) * +ahead[2];
    return time.parse(el.value, now());
  };
  el.addEventListener("blur", () => {
    // Minutes from now, or a time without its day: say which moment was understood.
    if ((time.days || /^\s*[+-]/.test(el.value)) && !Number.isNaN(parsed())) el.value = time.hhmmss(parsed());
  });
  return {
    el,
    unit: "time",
    get: () => (el.value.trim() === "" ? (optional ? null : undefined) : Number.isNaN(parsed()) ? undefined : parsed()),
    set: (value) => (el.value = value === null || value === undefined ? "" : time.hhmmss(value)),
    raw: () => el.value,
    restore: (kept) => (el.value = kept),
    problem: () => (el.value.trim() !== "" && Number.isNaN(parsed()) ? `"${el.value}" is not ${time.wanted}` : null),
  };
}
