// Every series the room has seen, in growing typed arrays on one time column. Appending is O(new).

export class Series {
  n = 0;
  #room = 1024;
  #t = new Float64Array(1024);
  #columns = new Map();

  constructor(catalogue) {
    this.catalogue = catalogue;
    this.byId = new Map(catalogue.map((one) => [one.id, one]));
  }

  clear() {
    this.n = 0;
    this.#columns.clear();
  }

  #grow(wanted) {
    while (this.#room < wanted) this.#room *= 2;
    const wider = (old) => {
      const next = new Float64Array(this.#room).fill(NaN);
      next.set(old.subarray(0, this.n));
      return next;
    };
    this.#t = wider(this.#t);
    for (const [id, column] of this.#columns) this.#columns.set(id, wider(column));
  }

  /**
   * New values; true if anything came. Series lag by different times, so a value may come for a tick that is
   * already here. Two forms: {t: […], series: {id: […]}} aligned with t, or
   * {tick_s, series: {id: [first_tick, […]]}} where value k belongs to (first_tick + k + 1) * tick_s.
   */
  append(ticks) {
    const all = Object.entries(ticks?.series ?? {});
    if (!all.length) return false;
    const { tick_s: tick } = ticks;
    if (ticks.t === undefined) {
      const end = Math.max(...all.map(([, [first, values]]) => first + values.length));
      const begin = this.n ? Math.round(this.#t[this.n - 1] / tick) : Math.min(...all.map(([, [first]]) => first));
      this.#times(Array.from({ length: Math.max(0, end - begin) }, (_, k) => (begin + k + 1) * tick));
      const zero = Math.round(this.#t[0] / tick) - 1;
      for (const [id, [first, values]] of all) this.#write(id, first - zero, values);
      return true;
    }
    if (!ticks.t.length) return false;
    const last = this.n ? this.#t[this.n - 1] : -Infinity;
    this.#times(ticks.t.filter((t) => t > last));
    const at = this.at(ticks.t[0]);
    for (const [id, values] of all) this.#write(id, at, values);
    return true;
  }

  #times(times) {
    if (this.n + times.length > this.#room) this.#grow(this.n + times.length);
    for (const t of times) this.#t[this.n++] = t;
  }

  #write(id, from, values) {
    let column = this.#columns.get(id);
    if (!column) this.#columns.set(id, (column = new Float64Array(this.#room).fill(NaN)));
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      if (value !== null && value !== undefined && from + i >= 0) column[from + i] = value;
    }
  }

  get times() {
    return this.#t.subarray(0, this.n);
  }

  values(id) {
    let column = this.#columns.get(id);
    if (!column) this.#columns.set(id, (column = new Float64Array(this.#room).fill(NaN)));
    return column.subarray(0, this.n);
  }

  /** Index of the last tick at or before `t`, -1 before the first. */
  at(t) {
    let low = 0;
    let high = this.n;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.#t[mid] <= t) low = mid + 1;
      else high = mid;
    }
    return low - 1;
  }
}
