// Notes: saved as one types, on the server and, until it has them, in this tab.
import { $, debounce, put } from "./dom.js";

export class Notes {
  #room;
  #field = $("notes");
  #saved = "";

  constructor(room) {
    this.#room = room;
    this.save = debounce(() => this.#send(), 500);
    this.#field.addEventListener("input", () => {
      room.drafts.set("notes", this.#field.value);
      put($("notes-state"), "typing");
      this.save();
    });
    addEventListener("pagehide", () => this.save.now());
  }

  /** What the server holds; a draft it never got wins and is sent. */
  hello(text) {
    const draft = this.#room.drafts.get("notes");
    this.#saved = text;
    if (draft !== null && draft !== text) {
      this.#field.value = draft;
      this.#send();
    } else this.#set(text);
  }

  #set(text) {
    if (this.#field.value !== text) this.#field.value = text;
    put($("notes-state"), "");
  }

  async #send() {
    const text = this.#field.value;
    if (text === this.#saved) return;
    try {
      await this.#room.socket.ask("notes", { text });
      this.#saved = text;
      if (this.#field.value === text) this.#room.drafts.drop("notes");
      put($("notes-state"), "saved");
    } catch {
      put($("notes-state"), "kept in this tab, not saved yet");
    }
  }

  /** Another tab wrote them. */
  changed(text) {
    if (document.activeElement === this.#field || this.save.pending()) return;
    this.#saved = text;
    this.#room.drafts.drop("notes");
    this.#set(text);
  }

  focus() {
    this.#field.focus();
  }
}
