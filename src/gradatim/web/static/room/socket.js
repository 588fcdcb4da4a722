// One WebSocket to the attempt: requests with answers, events, and reconnection.
// After every connection the server sends everything again, so a restart costs the page nothing.

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

export class Refused extends Error {
  constructor(error) {
    super(error.what);
    this.error = error;
  }

  /** One fact a line, as the command line prints it. */
  describe() {
    const { what, where, why, next, problems } = this.error;
    return [what, ...(problems ?? []).map((p) => `- ${p}`), where && `where: ${where}`, why && `why: ${why}`, next && `next: ${next}`]
      .filter(Boolean)
      .join("\n");
  }
}

export class Socket extends EventTarget {
  #url;
  #ws = null;
  #next = 1;
  #waiting = new Map();
  #wait = FIRST_WAIT_MS;
  #closed = false;

  constructor(attempt) {
    super();
    this.#url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/attempts/${encodeURIComponent(attempt)}/room/ws`;
    addEventListener("online", () => this.#ws === null && this.connect());
  }

  get open() {
    return this.#ws?.readyState === WebSocket.OPEN;
  }

  on(type, listener) {
    this.addEventListener(type, (event) => listener(event.detail));
    return this;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  connect() {
    if (this.#closed || this.#ws) return;
    const ws = (this.#ws = new WebSocket(this.#url));
    ws.onopen = () => {
      this.#wait = FIRST_WAIT_MS;
    };
    ws.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "reply") this.#settle(message);
      else {
        if (message.type === "fatal" || message.type === "finished") this.#closed = true;
        this.#tell(message.type, message);
      }
    };
    ws.onclose = () => {
      this.#ws = null;
      const gone = new Refused({ what: "the connection was lost before the answer came", next: "it is being restored; look at the state, then try again" });
      for (const { reject } of this.#waiting.values()) reject(gone);
      this.#waiting.clear();
      if (this.#closed) return;
      this.#tell("lost", { again_ms: this.#wait });
      setTimeout(() => this.connect(), this.#wait * (0.8 + 0.4 * Math.random()));
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    };
  }

  /** Ask and wait for the answer. Rejects with `Refused` when the server says no or cannot be reached. */
  ask(op, fields = {}) {
    if (!this.open) return Promise.reject(new Refused({ what: "not connected just now", next: "wait for the connection to return; what you typed is kept" }));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#ws.send(JSON.stringify({ id, op, ...fields }));
    });
  }

  #settle({ id, value, error }) {
    const pending = this.#waiting.get(id);
    if (!pending) return;
    this.#waiting.delete(id);
    if (error) pending.reject(new Refused(error));
    else pending.resolve(value);
  }
}
