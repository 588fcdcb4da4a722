// The one way this page makes elements: text is always text, never markup.

export const $ = (id) => document.getElementById(id);

/** h("td", {class: "num", onclick: f}, "text", child, …) */
export function h(tag, attrs, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (name in el && typeof value !== "string") el[name] = value;
    else el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

const SVG = "http://www.w3.org/2000/svg";
export function s(tag, attrs, ...children) {
  const el = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attrs ?? {})) el.setAttribute(name, value);
  el.append(...children);
  return el;
}

/** Write text only when it differs: a tick must not disturb a selection or a screen reader. */
export function put(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/** Runs `work` in an animation frame, at most once in `ms`, however often it is asked for. */
export function perFrame(work, ms = 0) {
  let waiting = false;
  let last = -Infinity;
  const run = () => {
    waiting = false;
    last = performance.now();
    work();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    const wait = last + ms - performance.now();
    if (wait > 0) setTimeout(() => requestAnimationFrame(run), wait);
    else requestAnimationFrame(run);
  };
}

export function debounce(work, ms) {
  let timer = 0;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      work(...args);
    }, ms);
  };
  later.now = (...args) => {
    if (timer) {
      clearTimeout(timer);
      timer = 0;
      work(...args);
    }
  };
  later.pending = () => timer !== 0;
  return later;
}

/** Open or close a drawer; what it covers can then not be reached by keyboard or screen reader. */
export function drawer(pane, open) {
  pane.hidden = !open;
  const covers = open && getComputedStyle(pane).position === "absolute";
  for (const other of pane.parentElement.children) if (other !== pane) other.inert = covers;
}

/** Markup that we wrote (handover, drawing), stripped of anything that could run. */
export function safeMarkup(text) {
  const parsed = new DOMParser().parseFromString(`<body>${text}</body>`, "text/html");
  for (const bad of parsed.querySelectorAll("script, style, iframe, object, embed, link, meta, base, form, foreignObject")) bad.remove();
  for (const el of parsed.body.querySelectorAll("*")) {
    for (const { name, value } of [...el.attributes]) {
      if (/^on/i.test(name) || name === "style" || (/^(xlink:)?(href|src)$/i.test(name) && !/^(#|\/|https?:)/i.test(value))) el.removeAttribute(name);
    }
  }
  return [...parsed.body.childNodes].map((node) => document.importNode(node, true));
}
