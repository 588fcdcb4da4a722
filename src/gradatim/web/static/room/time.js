// Simulated seconds as the clock on the wall, and back; `core/clock.py` writes and reads the same.
// A shift of hours has "09:14"; one of days "day 2 09:14", typed as 2/09:14 too.

const DAY_S = 86400;
const WRITTEN = /^\s*(?:day\s+(-?\d{1,4})\s+|(-?\d{1,4})\/)?(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*$/i;
const two = (part) => String(Math.floor(part)).padStart(2, "0");

export class WallTime {
  #offset = 0;
  /** Whether the shift lasts days, so that a time of day alone says too little. */
  days = false;

  /** Learns the offset from one clock reading: {t_s, clock: "09:37:20"}, and how long the shift is. */
  learn(clock) {
    const [hour, minute, second] = clock.clock.split(":").map(Number);
    const at = hour * 3600 + minute * 60 + (second || 0) - Math.floor(clock.t_s);
    this.#offset = ((at % DAY_S) + DAY_S) % DAY_S;
    this.days = clock.horizon_s - clock.start_s > DAY_S;
  }

  #second(t) {
    return (((Math.floor(t) + this.#offset) % DAY_S) + DAY_S) % DAY_S;
  }

  /** 1 is the day on which simulated time begins. */
  day(t) {
    return Math.floor((Math.floor(t) + this.#offset) / DAY_S) + 1;
  }

  /** The time of day alone. */
  ofDay(t) {
    const d = this.#second(t);
    return `${two(d / 3600)}:${two((d / 60) % 60)}`;
  }

  hhmm(t) {
    return this.days ? `day ${this.day(t)} ${this.ofDay(t)}` : this.ofDay(t);
  }

  hhmmss(t) {
    return `${this.hhmm(t)}:${two(this.#second(t) % 60)}`;
  }

  /** As it is typed where room is scarce: "2/09:14:30". */
  short(t) {
    return this.hhmmss(t).replace(/^day (\S+) /, "$1/");
  }

  /** As an axis has it: the time of day, at midnight the day that begins; the first label names its day. */
  tick(t, first) {
    if (!this.days) return this.ofDay(t);
    if (this.#second(t) === 0) return `day ${this.day(t)}`;
    return first ? this.hhmm(t) : this.ofDay(t);
  }

  /** Seconds past a full `step` of the wall clock at `t`: where axis labels may stand. */
  past(t, step) {
    return ((((t + this.#offset) % step) + step) % step);
  }

  /** What was typed, in simulated seconds; without a day, on the day nearest to `near`. NaN when it is no time. */
  parse(text, near) {
    const found = WRITTEN.exec(text);
    if (!found || +found[3] > 23 || +found[4] > 59 || +(found[5] ?? 0) >= 60) return NaN;
    const named = found[1] ?? found[2];
    if (named !== undefined && !this.days) return NaN;
    const t = +found[3] * 3600 + +found[4] * 60 + +(found[5] ?? 0) - this.#offset;
    return t + DAY_S * (named === undefined ? Math.round((near - t) / DAY_S) : +named - 1);
  }

  /** What can be typed, with an example. */
  get wanted() {
    return this.days ? "a time such as day 2 09:42 or 2/09:42" : "a time of day such as 09:42";
  }
}
