// One field of an action, made from its JSON Schema: a control, its value, and what is wrong with it.
// Composites are made of the simple ones of controls.js and have the same face.
import { choice, clock, fresh, number, text, tick } from "./controls.js";
import { h } from "./dom.js";

/** Follow $ref and unwrap "this or null"; `optional` says that null is allowed. */
export function resolve(schema, root) {
  let at = schema;
  while (at.$ref) {
    const { $ref: ref, ...beside } = at;
    at = { ...ref.replace(/^#\//, "").split("/").reduce((node, part) => node?.[part], root), ...beside };
  }
  const parts = at.anyOf ?? at.oneOf;
  if (parts?.some((part) => part.type === "null")) {
    const rest = parts.filter((part) => part.type !== "null");
    const { anyOf, oneOf, ...beside } = at;
    const inner = rest.length === 1 ? resolve({ ...rest[0], ...beside }, root).schema : { ...beside, anyOf: rest };
    return { schema: inner, optional: true };
  }
  if (Array.isArray(at.type) && at.type.includes("null")) return { schema: { ...at, type: at.type.find((one) => one !== "null") }, optional: true };
  if (at.allOf?.length === 1) return resolve({ ...at.allOf[0], ...at, allOf: undefined }, root);
  return { schema: at, optional: false };
}

export function words(name) {
  const text = name.replace(/_(s|ms|min|usd|mb|id)$/, "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const choices = (schema) => schema.enum ?? (schema.const !== undefined ? [schema.const] : null);
const isClock = (name, schema) => schema["x-input"] === "clock" || (schema.type === "number" || schema.type === "integer") && (/_at_s$/.test(name) || /^(since|until|from|to|before|after|start|end|next_update)_s$/.test(name));

export function makeField(name, given, context) {
  const { schema, optional } = resolve(given, context.root);
  const input = schema["x-input"];
  const options = choices(schema);
  if (context.lists[name] && schema.type === "string" && !options) return choice(schema, optional, context.lists[name](), context);
  if (input === "alert" && context.lists.alert) return choice(schema, optional, context.lists.alert(), context);
  if (options) return choice(schema, optional, options.map((value) => ({ value, text: schema["x-labels"]?.[value] ?? String(value).replaceAll("_", " ") })), context);
  if (schema.type === "boolean") return tick(schema);
  if (isClock(name, schema)) return clock(schema, optional, context);
  if (schema.type === "number" || schema.type === "integer") return number(name, schema, optional);
  if (schema.type === "array") return list(name, schema, context);
  if (schema.type === "object" && schema.properties) return group(schema, context);
  if (schema.oneOf ?? schema.anyOf) return variant(schema, context);
  return text(name, schema, optional, context);
}

function list(name, schema, context) {
  const fixed = schema.prefixItems ?? (schema.minItems === 2 && schema.maxItems === 2 ? [schema.items, schema.items] : null);
  if (fixed) return pair(name, fixed, schema, context);
  const items = schema.items ? resolve(schema.items, context.root).schema : {};
  if (choices(items)) return checks(schema, items);
  if (items.type === "integer" || items.type === "number" || items.type === "string") return commas(schema, items);
  return rows(schema, context);
}

function pair(name, parts, schema, context) {
  const fields = parts.map((part, i) => makeField(name, { ...part, default: schema.default?.[i] }, context));
  const el = h("span", { class: "pair", role: "group" }, fields[0].el, " to ", fields[1].el);
  fields[0].el.setAttribute("aria-label", `${words(name)}, from`);
  fields[1].el.setAttribute("aria-label", `${words(name)}, to`);
  return {
    el, group: true, unit: fields[0].unit, bounds: fields[0].bounds,
    get: () => (fields.every((f) => f.get() === undefined || f.get() === null) ? undefined : fields.map((f) => f.get() ?? null)),
    set: (value) => fields.forEach((f, i) => f.set(value?.[i])),
    raw: () => fields.map((f) => f.raw()),
    restore: (kept) => fields.forEach((f, i) => f.restore(kept[i] ?? "")),
    problem: () => fields.map((f) => f.problem()).find(Boolean) ?? null,
  };
}

function checks(schema, items) {
  const boxes = choices(items).map((value) => ({ value, box: h("input", { type: "checkbox", checked: schema.default?.includes(value) ?? false }) }));
  const el = h("span", { class: "checks", role: "group" }, boxes.map(({ value, box }) => h("label", {}, box, " ", items["x-labels"]?.[value] ?? String(value).replaceAll("_", " "))));
  return {
    el, group: true,
    get: () => boxes.filter(({ box }) => box.checked).map(({ value }) => value),
    set: (value) => boxes.forEach((one) => (one.box.checked = value?.includes(one.value) ?? false)),
    raw: () => boxes.map(({ box }) => box.checked),
    restore: (kept) => boxes.forEach(({ box }, i) => (box.checked = Boolean(kept[i]))),
    problem: () => null,
  };
}

function commas(schema, items) {
  const numeric = items.type !== "string";
  const el = h("input", { id: fresh(), type: "text", autocomplete: "off", placeholder: numeric ? "0, 3, 5-7" : "a, b" });
  if (schema.default) el.value = schema.default.join(", ");
  const parse = () => {
    const parts = el.value.split(/[,\s]+/).filter(Boolean);
    if (!numeric) return parts;
    return parts.flatMap((part) => {
      const range = /^(\d+)-(\d+)$/.exec(part);
      return range && +range[2] - +range[1] < 1000 ? Array.from({ length: +range[2] - +range[1] + 1 }, (_, i) => +range[1] + i) : [Number(part)];
    });
  };
  return {
    el,
    get: () => parse(),
    set: (value) => (el.value = (value ?? []).join(", ")),
    raw: () => el.value,
    restore: (kept) => (el.value = kept),
    problem: () => (numeric && parse().some((one) => !Number.isFinite(one)) ? `"${el.value}" is not a list of numbers` : null),
  };
}

/** Named fields inside a frame. */
function group(schema, context) {
  const fields = new Map();
  const el = h("div", { class: "frow inner" });
  for (const [name, part] of Object.entries(schema.properties)) {
    const fixed = resolve(part, context.root).schema.const;
    if (fixed !== undefined) {
      fields.set(name, { get: () => fixed, set() {}, raw: () => null, restore() {}, problem: () => null });
      continue;
    }
    const field = makeField(name, part, { ...context, required: schema.required?.includes(name) ?? false });
    fields.set(name, field);
    el.append(...labelled(name, resolve(part, context.root).schema, field));
  }
  return {
    el, group: true, wide: true, fields,
    get: () => Object.fromEntries([...fields].map(([name, f]) => [name, f.get()]).filter(([, value]) => value !== undefined)),
    set: (value) => fields.forEach((f, name) => value?.[name] !== undefined && f.set(value[name])),
    raw: () => Object.fromEntries([...fields].map(([name, f]) => [name, f.raw()])),
    restore: (kept) => fields.forEach((f, name) => kept?.[name] !== undefined && kept[name] !== null && f.restore(kept[name])),
    problem: () => [...fields].map(([name, f]) => f.problem() && `${words(name)}: ${f.problem()}`).find(Boolean) ?? null,
  };
}

/** One of several shapes: a choice, then the fields of that shape. */
function variant(schema, context) {
  const shapes = (schema.oneOf ?? schema.anyOf).map((part) => resolve(part, context.root).schema);
  const nameOf = (shape, i) => shape.title ?? Object.values(shape.properties ?? {}).find((p) => p.const !== undefined)?.const ?? `shape ${i + 1}`;
  const pick = h("select", { id: fresh(), "aria-label": "Which" }, shapes.map((shape, i) => h("option", { value: String(i) }, String(nameOf(shape, i)).replaceAll("_", " "))));
  const said = h("p", { class: "cap", id: fresh() });
  pick.setAttribute("aria-describedby", said.id);
  const el = h("div", { class: "variant" }, pick, said);
  let inner;
  const show = () => {
    inner?.el.remove();
    said.textContent = shapes[+pick.value].description ?? "";
    inner = group({ properties: {}, ...shapes[+pick.value] }, context);
    el.append(inner.el);
  };
  pick.addEventListener("change", show);
  show();
  return {
    el, group: true, wide: true,
    get: () => inner.get(),
    set: (value) => {
      const found = shapes.findIndex((shape) => Object.entries(shape.properties ?? {}).every(([name, p]) => p.const === undefined || p.const === value?.[name]));
      pick.value = String(Math.max(found, 0));
      show();
      inner.set(value);
    },
    raw: () => ({ which: pick.value, inner: inner.raw() }),
    restore: (kept) => {
      pick.value = kept.which;
      show();
      inner.restore(kept.inner);
    },
    problem: () => inner.problem(),
  };
}

/** A list of shapes, with add and remove. */
function rows(schema, context) {
  const made = [];
  const body = h("div", {});
  const add = h("button", { type: "button", class: "btn small", onclick: () => more() }, "Add");
  const el = h("div", { class: "rows" }, body, add);
  const changed = () => {
    add.disabled = made.length >= (schema.maxItems ?? Infinity);
    el.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const more = () => {
    const field = makeField("item", schema.items, { ...context, required: true });
    const row = { field };
    row.el = h("div", { class: "row" }, field.el, h("button", { type: "button", class: "btn small", onclick: () => {
      made.splice(made.indexOf(row), 1);
      row.el.remove();
      add.focus();
      changed();
    } }, "Remove"));
    made.push(row);
    body.append(row.el);
    row.el.querySelector("select, input")?.focus();
    changed();
    return field;
  };
  return {
    el, group: true, wide: true,
    get: () => made.map(({ field }) => field.get()),
    set: (value) => (value ?? []).forEach((one) => more().set(one)),
    raw: () => made.map(({ field }) => field.raw()),
    restore: (kept) => kept.forEach((one) => more().restore(one)),
    problem: () => made.map(({ field }) => field.problem()).find(Boolean) ?? null,
  };
}

/** What a field is called: its own title, or its name without the unit. */
export function titled(name, { title }) {
  return title && title.toLowerCase() !== name.replaceAll("_", " ").toLowerCase() ? title : words(name);
}

/** The label and the control, as two cells of a form row, and what is meant by it. */
export function labelled(name, schema, field) {
  const title = titled(name, schema);
  const hint = [field.unit, field.bounds].filter(Boolean).join(", ");
  if (field.group) field.el.setAttribute("aria-label", title);
  const label = field.group ? h("span", { class: "lbl" }, title) : h("label", { for: field.el.id }, title);
  if (field.wide) return [h("div", { class: "whole" }, label, field.el)];
  const cell = h("span", { class: "fld" }, field.el, field.after ?? "", hint ? h("span", { class: "cap" }, hint) : "");
  if (!schema.description || !field.el.id) return [label, cell];
  // Shown where there is room (room.css), and to a mouse that rests; always there for a screen reader.
  const said = h("span", { class: "cap said", id: fresh() }, schema.description);
  label.title = schema.description;
  field.el.setAttribute("aria-describedby", said.id);
  return [label, cell, said];
}
