// What has been typed and not yet sent, kept for this tab: a reload or a lost connection loses no text.

export class Drafts {
  #prefix;

  constructor(attempt) {
    this.#prefix = `gradatim.room.${attempt}.`;
  }

  get(name, fallback = null) {
    try {
      const text = sessionStorage.getItem(this.#prefix + name);
      return text === null ? fallback : JSON.parse(text);
    } catch {
      return fallback;
    }
  }

  set(name, value) {
    try {
      sessionStorage.setItem(this.#prefix + name, JSON.stringify(value));
    } catch {
      // storage is full or forbidden: the text is still in its field
    }
  }

  drop(name) {
    try {
      sessionStorage.removeItem(this.#prefix + name);
    } catch {
      // nothing was kept
    }
  }
}
