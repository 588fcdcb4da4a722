// The log tail: filtered here as lines come, and from the whole log when the filter changes.
import { $, debounce, h, perFrame, put } from "./dom.js";

const IN_PAGE = 400;
const EVERY_MS = 300; // faster than anyone reads; laying out hundreds of lines ten times a second is not free
const LOUDNESS = "IWE";
const TONES = { E: "bad", F: "bad", W: "warn" };
const letter = (level) => String(level ?? "I").charAt(0).toUpperCase();

export class Log {
  #room;
  #box = $("log");
  #lines = $("log").firstElementChild;
  #fresh = [];
  #match = [];
  #held = false;
  #missed = 0;
  #total = 0;
  #asked = 0;

  constructor(room) {
    this.#room = room;
    const { drafts } = room;
    for (const name of ["match", "level", "component"]) {
      const field = $(`log-${name}`);
      field.addEventListener(name === "match" ? "input" : "change", () => {
        drafts.set(`log.${name}`, field.value);
        this.#refill();
      });
    }
    $("log-match").value = drafts.get("log.match", "");
    $("log-pause").addEventListener("click", () => this.hold(!this.#held));
    this.#box.addEventListener("scroll", () => {
      const up = -this.#box.scrollTop; // the box is laid out from its end, so it stays there by itself
      if (up > 40 && !this.#held) this.hold(true);
      else if (up < 4 && this.#held && !this.#pressed) this.hold(false);
    });
    this.#refill = debounce(() => this.fill(), 150);
    this.#soon = perFrame(() => this.#append(), EVERY_MS);
  }

  #refill;
  #soon;
  #pressed = false;

  hello({ levels, components }) {
    const { drafts } = this.#room;
    for (const [name, options, first] of [["level", levels, "all levels"], ["component", components, "all parts"]]) {
      const field = $(`log-${name}`);
      const kept = field.value || drafts.get(`log.${name}`, "");
      field.replaceChildren(h("option", { value: "" }, first), ...options.map((one) => h("option", { value: one.value ?? one }, one.text ?? one)));
      field.value = kept;
      if (field.selectedIndex < 0) field.value = "";
    }
    this.#compile();
  }

  reset() {
    this.#fresh = [];
    this.#total = 0;
    this.#lines.replaceChildren();
    this.fill();
  }

  /** As the server filters: any of the words between bars, in the component or the message. */
  #compile() {
    this.#match = $("log-match").value.toLowerCase().split("|").map((word) => word.trim()).filter(Boolean);
  }

  #wanted({ level, component, text }) {
    const least = $("log-level").value;
    const only = $("log-component").value;
    if (least && LOUDNESS.indexOf(letter(level)) < LOUDNESS.indexOf(least)) return false;
    if (only && component !== only) return false;
    const line = `${component} ${text}`.toLowerCase();
    return !this.#match.length || this.#match.some((word) => line.includes(word));
  }

  frame(lines, total) {
    if (total !== undefined) this.#total = total;
    else this.#total += lines?.length ?? 0;
    if (lines?.length) {
      const wanted = lines.filter((line) => this.#wanted(line));
      this.#fresh.push(...wanted.slice(-IN_PAGE));
      if (this.#fresh.length > IN_PAGE) this.#fresh.splice(0, this.#fresh.length - IN_PAGE);
      if (this.#held) this.#missed += wanted.length;
      this.#soon();
    } else this.#count();
  }

  #line({ t_s: at, level, component, text }) {
    const l = letter(level);
    return h("div", {}, `${this.#room.time.short(at)} `, h("b", { class: TONES[l] ?? "" }, l), ` ${String(component).padEnd(8)} ${text}`);
  }

  #append() {
    this.#count();
    if (this.#held || !this.#fresh.length) return;
    const lines = this.#fresh;
    this.#fresh = [];
    if (lines.length >= IN_PAGE) this.#lines.replaceChildren(...lines.map((line) => this.#line(line)));
    else {
      this.#lines.append(...lines.map((line) => this.#line(line)));
      while (this.#lines.childElementCount > IN_PAGE) this.#lines.firstElementChild.remove();
    }
  }

  #count() {
    const shown = `${this.#lines.childElementCount.toLocaleString("en-US")} of ${this.#total.toLocaleString("en-US")} lines`;
    put($("log-count"), this.#held ? `held, ${this.#missed.toLocaleString("en-US")} new` : shown);
  }

  /** Ask the server for the last lines that match, then go on from there. */
  async fill() {
    this.#compile();
    const asked = (this.#asked += 1);
    const wanted = { match: $("log-match").value || null, level: $("log-level").value || null, component: $("log-component").value || null, limit: IN_PAGE };
    try {
      const { lines } = await this.#room.socket.ask("log", wanted);
      if (asked !== this.#asked) return;
      $("log-match").removeAttribute("aria-invalid");
      this.#fresh = [];
      this.#lines.replaceChildren(...lines.map((line) => this.#line(line)));
        this.hold(false);
    } catch (error) {
      if (asked !== this.#asked || !this.#room.socket.open) return;
      $("log-match").setAttribute("aria-invalid", "true");
      this.#lines.replaceChildren(h("div", {}, error.describe?.() ?? String(error)));
    }
  }

  /** Holding keeps the lines still while one reads; scrolling up holds, scrolling down lets go. */
  hold(held) {
    this.#held = held;
    this.#pressed = held && document.activeElement === $("log-pause");
    $("log-pause").setAttribute("aria-pressed", String(held));
    if (!held) {
      this.#missed = 0;
      this.#soon();
    }
    this.#count();
  }

  focus() {
    this.#box.focus();
    $("pane-log").scrollIntoView({ block: "nearest" });
  }

  focusFilter() {
    $("log-match").focus();
    $("log-match").select();
  }
}
