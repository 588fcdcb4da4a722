// Simulated seconds as the clock on the wall, and back.

export class WallTime {
  #offset = 0;

  /** Learns the offset from one clock reading: {t_s, clock: "09:37:20"}. */
  learn(clock) {
    const [hour, minute, second] = clock.clock.split(":").map(Number);
    this.#offset = hour * 3600 + minute * 60 + (second || 0) - Math.floor(clock.t_s);
  }

  #day(t) {
    return (((Math.floor(t) + this.#offset) % 86400) + 86400) % 86400;
  }

  hhmmss(t) {
    const d = this.#day(t);
    return [d / 3600, (d / 60) % 60, d % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  }

  /** Whole days from the day of `t` to the day of simulated time 0. */
  daysBefore(t) {
    return Math.floor(this.#offset / 86400) - Math.floor((Math.floor(t) + this.#offset) / 86400);
  }

  hhmm(t) {
    return this.hhmmss(t).slice(0, 5);
  }

  /** Seconds past a full `step` of the wall clock at `t`: where axis labels may stand. */
  past(t, step) {
    return ((((t + this.#offset) % step) + step) % step);
  }

  /** "09:42" or "09:42:30" to simulated seconds, the day nearest to `near`; NaN when it is no time. */
  parse(text, near) {
    const found = /^\s*(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*$/.exec(text);
    if (!found || +found[1] > 23 || +found[2] > 59 || +(found[3] ?? 0) > 59) return NaN;
    const wanted = +found[1] * 3600 + +found[2] * 60 + +(found[3] ?? 0);
    let t = wanted - this.#offset;
    t += Math.round((near - t) / 86400) * 86400;
    return t;
  }
}
