// The query box: SQL over what is visible now, with its tables, its history and its errors as text.
import { $, h, put } from "./dom.js";
import { openDialog } from "./dialog.js";
import { cell } from "./format.js";

const ROWS_SHOWN = 200;
const KEPT = 50;
const COLUMNS = "select table_name, column_name, data_type from information_schema.columns order by table_name, ordinal_position";

export class Sql {
  #room;
  #field = $("sql");
  #at = -1;
  #typed = "";

  constructor(room) {
    this.#room = room;
    this.#field.value = room.drafts.get("sql", "");
    this.#field.addEventListener("input", () => {
      this.#at = -1;
      room.drafts.set("sql", this.#field.value);
    });
    this.#field.addEventListener("keydown", (event) => this.#keys(event));
    $("sql-run").addEventListener("click", () => this.run());
    $("sql-tables").addEventListener("click", () => this.tables());
  }

  hello({ tables, example }) {
    this.known = tables && !Array.isArray(tables) ? Object.entries(tables).map(([name, columns]) => ({ name, columns })) : tables;
    if (!this.#field.value) this.#field.placeholder = example ?? "select … (Tables lists what there is)";
  }

  get history() {
    return this.#room.drafts.get("sql.history", []);
  }

  #keys(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.run();
      return;
    }
    if ((event.key !== "ArrowUp" && event.key !== "ArrowDown") || event.shiftKey) return;
    const { value, selectionStart: start, selectionEnd: end } = this.#field;
    const first = !value.slice(0, start).includes("\n");
    const last = !value.slice(end).includes("\n");
    if (event.key === "ArrowUp" ? !first : !last || this.#at < 0) return;
    event.preventDefault();
    const past = this.history;
    if (this.#at < 0) this.#typed = value;
    this.#at = Math.max(-1, Math.min(past.length - 1, this.#at + (event.key === "ArrowUp" ? 1 : -1)));
    this.#field.value = this.#at < 0 ? this.#typed : past[this.#at];
    this.#field.setSelectionRange(0, 0);
    this.#room.drafts.set("sql", this.#field.value);
  }

  async run() {
    const sql = this.#field.value.trim();
    if (!sql) {
      put($("sql-status"), "Write a SELECT first");
      return;
    }
    this.#room.drafts.set("sql.history", [sql, ...this.history.filter((one) => one !== sql)].slice(0, KEPT));
    this.#at = -1;
    put($("sql-status"), "running");
    try {
      this.#shown(await this.#room.socket.ask("query", { sql }));
    } catch (error) {
      put($("sql-status"), "not run");
      $("sql-result").replaceChildren(h("pre", { class: "bad sqlerror" }, error.describe?.() ?? String(error)));
    }
  }

  #shown({ columns, rows, elapsed_ms: ms, truncated }) {
    const numeric = columns.map((_, i) => rows.length > 0 && rows.every((row) => row[i] === null || typeof row[i] === "number"));
    const body = rows.slice(0, ROWS_SHOWN).map((row) => h("tr", {}, row.map((value, i) => h("td", { class: numeric[i] ? "num" : "" }, cell(value)))));
    $("sql-result").replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, columns.map((name, i) => h("th", { scope: "col", class: numeric[i] ? "num" : "" }, name)))), h("tbody", {}, body)));
    $("sql-result").scrollTop = 0;
    const count = `${rows.length.toLocaleString("en-US")}${truncated ? "+" : ""} row${rows.length === 1 ? "" : "s"}`;
    put($("sql-status"), [count, rows.length > ROWS_SHOWN && `first ${ROWS_SHOWN} shown`, truncated && "cut off", `${Math.round(ms)} ms`].filter(Boolean).join(", "));
  }

  async #columns() {
    if (this.known?.length) return this.known;
    const { rows } = await this.#room.socket.ask("query", { sql: COLUMNS });
    const found = new Map();
    for (const [table, name, type] of rows) found.set(table, [...(found.get(table) ?? []), { name, type }]);
    return [...found].map(([name, columns]) => ({ name, columns }));
  }

  async tables() {
    let tables;
    try {
      tables = await this.#columns();
    } catch (error) {
      this.#room.refused(error);
      return;
    }
    const picked = await openDialog({
      title: "Tables",
      wide: true,
      body: (close) => [
        h("p", { class: "cap" }, "Rows up to the present moment. One SELECT at a time; up and down in the box bring back earlier queries."),
        h("div", { class: "tabs-list" }, tables.map(({ name, about, columns }) =>
          h("details", { class: "tbl" }, h("summary", {}, h("code", {}, name), about ? h("span", { class: "cap" }, ` ${about}`) : ""),
            h("table", {}, h("tbody", {}, columns.map((one) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, one.name ?? one)), h("td", {}, one.type ?? ""), h("td", {}, [one.unit, one.text ?? one.about].filter(Boolean).join("; ")))))),
            h("button", { type: "button", class: "btn small", onclick: () => close(`select * from ${name} limit 20`) }, "Look at 20 rows")))),
      ],
    });
    if (!picked) return;
    this.#field.value = picked;
    this.#room.drafts.set("sql", picked);
    this.focus();
    this.run();
  }

  focus() {
    this.#field.focus();
    $("pane-sql").scrollIntoView({ block: "nearest" });
  }
}
