// The incident room: one object that the panes share, and the messages that move it.
import { Actions } from "./actions.js";
import { Alerts } from "./alerts.js";
import { Branch } from "./branch.js";
import { Charts } from "./charts.js";
import { Clock } from "./clock.js";
import { Closeout } from "./closeout.js";
import { Desk } from "./desk.js";
import { Diagnosis } from "./diagnosis.js";
import { $, h, put } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Keys } from "./keys.js";
import { Log } from "./log.js";
import { Messages } from "./messages.js";
import { Notes } from "./notes.js";
import { Series } from "./series.js";
import { Socket } from "./socket.js";
import { Sql } from "./sql.js";
import { Table } from "./table.js";
import { Theme } from "./theme.js";
import { WallTime } from "./time.js";
import { TimeWindow } from "./window.js";

/** Kinds that have a pane of their own; every other one is in the action panel. */
const SPECIAL = { acknowledge: /^ack/, update: /^status_update$|^post_update$/, answer: /^answer$/, diagnosis: /diagnos/, over: /^declare_over$|^declare/, prevention: /prevention/ };

const MOST_TOASTS = 2;

class Room {
  time = new WallTime();
  theme = new Theme();
  window = new TimeWindow();
  kinds = {};
  lists = {};
  leaving = false;
  #charts = null;
  #table = null;
  #first = true;

  constructor(attempt) {
    this.drafts = new Drafts(attempt);
    this.socket = new Socket(attempt);
    this.clock = new Clock(this);
    this.alerts = new Alerts(this);
    this.log = new Log(this);
    this.sql = new Sql(this);
    this.messages = new Messages(this);
    this.actions = new Actions(this);
    this.diagnosis = new Diagnosis(this);
    this.notes = new Notes(this);
    this.desk = new Desk(this.time, () => this.#charts?.annotations ?? []);
    this.branch = new Branch(this);
    this.closeout = new Closeout(this);
    const room = this;
    this.keys = new Keys({ ...this.#panes(), charts: () => room.#charts, table: () => room.#table });
    for (const id of ["alert", "alert_id"]) this.lists[id] = () => [...this.alerts.list.filter((one) => one.state !== "resolved").map((one) => ({ value: one.id, text: one.name })), { value: "all", text: "all of them" }];
    $("desk-open").addEventListener("click", () => this.desk.open());
    $("help").addEventListener("click", () => this.keys.help());
    $("repro-copy").addEventListener("click", () => this.#copy());
    this.socket
      .on("hello", (message) => this.hello(message))
      .on("frame", (message) => this.frame(message))
      .on("reset", () => this.reset())
      .on("notes", ({ text }) => this.notes.changed(text))
      .on("finished", ({ url }) => this.#finished(url))
      .on("error", ({ error }) => this.toast(error.what, "bad"))
      .on("fatal", ({ error }) => this.#line(`${error.what}${error.next ? `; ${error.next}` : ""}`))
      .on("lost", () => this.leaving || this.#line("Connection lost, retrying. What you typed is kept; simulated time does not run without a page."));
    this.socket.connect();
  }

  #panes() {
    const { clock, alerts, log, sql, messages, actions, diagnosis, notes, desk, branch, closeout } = this;
    return { clock, alerts, log, sql, messages, actions, diagnosis, notes, desk, branch, closeout };
  }

  get charts() {
    return this.#charts;
  }

  hello({ hello, notes, play }) {
    this.#line("");
    this.time.learn(hello.clock);
    this.clock.t = hello.clock.t_s;
    this.clock.start = hello.start_s ?? hello.clock.start_s ?? 0;
    this.clock.horizon = hello.horizon_s ?? hello.clock.horizon_s;
    this.window.scale = (hello.tick_s ?? 10) / 10;
    this.clock.hello(hello);
    this.clock.frame({ clock: hello.clock, play });
    this.kinds = {};
    const plain = [];
    for (const action of hello.actions ?? []) {
      const special = Object.keys(SPECIAL).find((name) => !this.kinds[name] && SPECIAL[name].test(action.kind));
      if (special) this.kinds[special] = action;
      else plain.push(action);
    }
    const again = this.#charts !== null;
    if (!again) {
      const series = new Series(hello.series);
      const panels = hello.panels.map((panel) => ({ ...panel, series: panel.series ?? hello.series.filter((one) => one.panel === panel.id).map((one) => one.id) }));
      this.#charts = new Charts(this, { series, theme: this.theme, window: this.window, time: this.time, panels, drafts: this.drafts });
      this.#table = new Table(this.#charts);
    }
    this.window.tick(hello.clock.t_s);
    this.reset(!again);
    this.log.hello({ levels: [{ value: "W", text: "warnings up" }, { value: "E", text: "errors" }], components: hello.log_components ?? [...new Set(hello.series.map((one) => one.component))] });
    this.sql.hello({ tables: hello.tables, example: hello.sql_example });
    this.messages.hello();
    this.diagnosis.vocabulary = hello.vocabulary;
    if (!again) {
      this.actions.hello(plain);
      this.diagnosis.hello(this.kinds.diagnosis);
      this.closeout.hello([this.kinds.over, this.kinds.prevention].filter(Boolean));
    }
    this.history = hello.history;
    this.desk.hello(hello);
    this.branch.hello(hello.attempt ?? {});
    this.notes.hello(notes ?? "");
    const { attempt = {} } = hello;
    put($("repro"), hello.command ?? attempt.command ?? `gradatim lab start ${attempt.lab_id} --seed ${attempt.seed}`);
  }

  /** Forget what was shown: everything comes again. */
  reset(fresh = false) {
    this.#first = true;
    if (!fresh) this.#charts.reset();
    this.alerts.reset();
    this.messages.reset();
    this.diagnosis.reset();
    this.log.reset();
  }

  frame(message) {
    const first = this.#first;
    this.#first = false;
    this.clock.frame(message);
    this.#charts.frame(message);
    this.alerts.frame(message.alerts, first);
    this.messages.frame(message.inbox, first);
    this.log.frame(first ? [] : message.log, message.service?.log_total ?? message.log_total);
    this.diagnosis.frame(message.annotations);
    if (!first) for (const one of message.annotations ?? []) if (one.result) this.toast(`${this.time.hhmm(one.t_s)} ${one.text}`);
    this.over = Boolean(message.service?.declared_over);
    this.desk.service = message.service ?? this.desk.service;
  }

  async send(op, fields) {
    try {
      return await this.socket.ask(op, fields);
    } catch (error) {
      this.refused(error);
      return undefined;
    }
  }

  /** One action; says what came of it. */
  async act(action) {
    const answer = await this.socket.ask("act", { action });
    if (answer.accepted) {
      const at = answer.effective_at_s;
      const title = this.titles(action.kind);
      this.toast(at !== null && at !== undefined && at > this.clock.t + 0.5 ? `${title}: takes effect ${this.time.hhmmss(at)}` : `${title}: done`);
    }
    return answer;
  }

  titles(kind) {
    const all = [...Object.values(this.kinds), ...this.actions.kinds()];
    return all.find((one) => one.kind === kind)?.title ?? kind.replaceAll("_", " ");
  }

  /** What a field could hold: the numbers of the changes, newest first. */
  suggest(name) {
    if (!/change/.test(name)) return [];
    const rows = (this.history ?? []).map((one) => [one.id, `${one.component}: ${one.text}`]);
    for (const { text } of this.#charts.annotations) {
      const named = /^(C-\S+) (.*)$/.exec(text);
      if (named) rows.push([named[1], named[2]]);
    }
    return [...new Map(rows).entries()].reverse().map(([value, text]) => ({ value, text: `${value} ${text}` }));
  }

  /** Spoken, not shown. */
  say(text) {
    const line = h("p", {}, text);
    $("say").append(line);
    setTimeout(() => line.remove(), 8000);
  }

  toast(text, tone = "") {
    const line = h("p", { class: tone, role: tone === "bad" ? "alert" : null }, text);
    $("toasts").append(line);
    // Good news makes room for a refusal, never the other way round.
    for (const kind of ["p:not(.bad)", "p.bad"]) {
      const shown = [...$("toasts").querySelectorAll(kind)];
      for (const old of shown.slice(0, -MOST_TOASTS)) old.remove();
    }
    setTimeout(() => line.remove(), tone === "bad" ? 15000 : 4500);
  }

  refused(error) {
    this.toast(error.describe?.() ?? String(error), "bad");
  }

  timeIsUp() {
    this.say("The time is up.");
    this.#line("The time is up. End the attempt (E) to see the debrief; what you have not handed in yet can still be handed in.");
  }

  #finished(url) {
    if (this.leaving) return;
    this.leaving = true;
    this.#line("This attempt was ended.");
    location.assign(url);
  }

  #line(text) {
    put($("lostline"), text);
    $("lostline").hidden = !text;
  }

  async #copy() {
    await navigator.clipboard.writeText($("repro").textContent);
    this.toast("Copied");
  }
}

const root = $("room");
if (root) globalThis.gradatimRoom = new Room(root.dataset.attempt);
