// Modal dialogs: the browser's own, so focus is trapped, Escape closes and focus returns.
import { h } from "./dom.js";

/** A dialog that fills `body(close)`; resolves with what it was closed with. */
export function openDialog({ title, body, wide = false }) {
  return new Promise((resolve) => {
    let result;
    const dialog = h("dialog", { class: wide ? "dlg wide-dlg" : "dlg", "aria-labelledby": "dlg-title" });
    const close = (value) => {
      result = value;
      dialog.close();
    };
    dialog.append(
      h("div", { class: "dlg-head" }, h("h2", { id: "dlg-title" }, title), h("button", { type: "button", class: "btn small", onclick: () => close(undefined) }, "Close ", h("kbd", {}, "Esc"))),
      ...[body(close, dialog)].flat(),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    (document.getElementById("room") ?? document.body).append(dialog);
    dialog.showModal();
    (dialog.querySelector("[data-first]") ?? dialog.querySelector("input, select, textarea, [role=tab], .primary"))?.focus();
  });
}

/** Says what will happen and asks; true only on the button. */
export function confirmDialog({ title, lines, yes, extra = null }) {
  return openDialog({
    title,
    body: (close) => [
      ...lines.map((line) => h("p", {}, line)),
      extra,
      h("div", { class: "foot" }, h("span", { class: "cap" }), h("button", { type: "button", class: "btn", onclick: () => close(false) }, "Cancel"), h("button", { type: "button", class: "btn primary", "data-first": true, onclick: () => close(true) }, yes)),
    ].filter(Boolean),
  }).then(Boolean);
}
