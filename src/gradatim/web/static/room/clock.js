// The bar on top: simulated time, transport, and the figures that tick.
import { $, put } from "./dom.js";
import { minutes, num, percent, usd } from "./format.js";

/** "66 of 120 min", or hours when the attempt takes days. */
function progress(done, whole) {
  const [unit, name] = whole > 6 * 3600 ? [3600, "h"] : [60, "min"];
  return `${Math.floor(done / unit)} of ${Math.round(whole / unit)} ${name}`;
}

export class Clock {
  #room;
  playing = false;
  speed = 10;
  t = 0;
  ended = false;
  #seeking = false;

  constructor(room) {
    this.#room = room;
    $("play").addEventListener("click", () => this.toggle());
    $("next-alert").addEventListener("click", () => this.nextAlert());
    $("step").addEventListener("click", () => this.step());
    for (const button of document.querySelectorAll("[data-speed]")) button.addEventListener("click", () => this.setSpeed(+button.dataset.speed));
  }

  toggle() {
    this.#room.send(this.playing ? "pause" : "play");
  }

  setSpeed(speed) {
    this.#room.send("speed", { speed });
  }

  /** A minute, or half an hour on a shift of days. */
  step() {
    this.#room.send("step", { seconds: this.#room.time.days ? 1800 : 60 });
  }

  async nextAlert() {
    if (this.#seeking || this.ended) return;
    const before = this.t;
    this.#seeking = true;
    this.#idle();
    try {
      const came = await this.#room.socket.ask("next_alert");
      const passed = minutes((came?.t_s ?? before) - before);
      if (came?.ended) this.#room.say("The time is up.");
      else if (came?.found) this.#room.say(`Moved on ${passed}.`);
      // The clock has jumped and nothing came: nobody should have to guess why.
      else this.#room.toast(`Nothing came in ${passed}; the clock has moved on by it.`);
    } catch (error) {
      this.#room.refused(error);
    } finally {
      this.#seeking = false;
      this.#idle();
    }
  }

  /** Which of the transport's buttons can be pressed now. */
  #idle() {
    for (const id of ["play", "step"]) $(id).disabled = this.ended;
    $("next-alert").disabled = this.ended;
    $("next-alert").setAttribute("aria-disabled", String(this.#seeking));
    $("next-alert").setAttribute("aria-busy", String(this.#seeking));
  }

  hello({ attempt }) {
    this.attempt = attempt;
    if (this.#room.time.days) {
      $("step").firstChild.nodeValue = "+30 min";
      $("step").title = "Step half an hour";
    }
  }

  frame({ clock, play, budget, lost }) {
    if (clock) {
      this.t = clock.t_s;
      const { time } = this.#room;
      put($("clock-time"), time.days ? time.hhmm(clock.t_s) : time.hhmmss(clock.t_s));
      const start = clock.start_s ?? 0;
      put($("clock-cap"), `${clock.date}, ${progress(clock.t_s - start, clock.horizon_s - start)}`);
      if (clock.ended && !this.ended) this.#room.timeIsUp();
      this.ended = Boolean(clock.ended);
    }
    if (play) this.transport(play);
    if (budget) this.#budget(budget);
    if (lost) {
      put($("lost"), usd(lost.usd));
      put($("lost-label"), lost.without_wrong_answers ? "Failed answers and changes" : lost.estimate ? "Lost so far, estimate" : "Lost so far");
      $("lost-label").title = lost.without_wrong_answers ? "An estimate. What wrong answers cost is in no counter; the price sheet says what one is worth." : "";
      const rate = lost.usd_per_min;
      put($("lost-rate"), rate === undefined || rate === null ? "" : `${rate < 0 ? "-" : "+"} ${usd(Math.abs(rate), true)}/min`);
    }
  }

  transport({ playing, speed, why }) {
    if (playing !== this.playing || !this.said) {
      put($("play").firstElementChild, playing ? "Pause" : "Play");
      if (this.said && !playing && why) this.#room.say(`Paused: ${why}.`);
    }
    this.said = true;
    this.playing = playing;
    this.speed = speed;
    for (const button of document.querySelectorAll("[data-speed]")) {
      const pressed = String(+button.dataset.speed === speed);
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
    this.#idle();
  }

  /** What is left of the budget, and what went since the shift began. */
  #budget({ left_pct: left, burn_rate: burn }) {
    put($("budget"), left === null || left === undefined ? "–" : percent(left / 100));
    const l = Math.max(0, Math.min(100, left ?? 0));
    const began = this.#room.charts?.firstFrom("slo.budget_left_pct", this.#room.clock.start) ?? l;
    const u = Math.max(0, Math.min(100 - l, began - l));
    $("budget-left").setAttribute("width", `${l}%`);
    $("budget-used").setAttribute("x", `${l}%`);
    $("budget-used").setAttribute("width", `${u}%`);
    put($("burn"), burn === null || burn === undefined ? "–" : `${num(burn)}×`);
    $("burn").classList.toggle("bad", burn >= 10);
    $("burn").classList.toggle("warn", burn >= 1 && burn < 10);
  }
}
