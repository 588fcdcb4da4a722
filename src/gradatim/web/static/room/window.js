// The stretch of time all charts show: follows now, or stands where it was dragged; and the crosshair on it.

export const SPANS_S = [600, 1200, 2400, 4800, 7200, 14400, 43200, 86400, 3 * 86400, 14 * 86400];

export class TimeWindow extends EventTarget {
  now = 0;
  first = 0;
  follow = true;
  span = 1200;
  /** 1 where a tick is ten seconds; where ticks are longer, so is what one looks at. */
  scale = 1;
  /** Until somebody chooses a span, it grows with what there is to see, up to 80 minutes of short ticks. */
  #grows = true;
  cross = null;
  #from = 0;

  /** Where the left edge is. Following leaves a sixteenth of the span free on the right. */
  get from() {
    return this.follow ? this.now - this.span * (15 / 16) : this.#from;
  }

  get to() {
    return this.from + this.span;
  }

  #moved() {
    this.dispatchEvent(new Event("move"));
  }

  tick(now) {
    const before = this.now;
    this.now = now;
    if (this.#grows && this.follow) this.span = Math.min(Math.max((now - this.first) * (16 / 15), 1200 * this.scale), 4800 * this.scale);
    if (before !== now && this.follow) this.#moved();
  }

  show(from, to) {
    if (to - from < 60) return;
    this.#grows = false;
    this.follow = false;
    this.#from = from;
    this.span = to - from;
    this.#moved();
  }

  followNow() {
    this.follow = true;
    this.span = SPANS_S.reduce((best, span) => (Math.abs(span - this.span) < Math.abs(best - this.span) ? span : best));
    this.#moved();
  }

  /** The next wider (+1) or narrower (-1) span, about the crosshair when the window stands still. */
  widen(direction) {
    const next = direction > 0 ? SPANS_S.find((span) => span > this.span * 1.01) : SPANS_S.findLast((span) => span < this.span * 0.99);
    if (!next) return;
    this.#grows = false;
    if (!this.follow) {
      const middle = this.cross ?? this.from + this.span / 2;
      this.#from = middle - ((middle - this.from) / this.span) * next;
    }
    this.span = next;
    this.#moved();
  }

  /** Pan a standing window, or leave follow mode to look back. */
  pan(share) {
    const from = this.from + this.span * share;
    if (this.follow) this.follow = false;
    this.#from = from;
    this.#moved();
  }

  setCross(t) {
    if (t === this.cross) return;
    this.cross = t;
    this.dispatchEvent(new Event("cross"));
  }
}
