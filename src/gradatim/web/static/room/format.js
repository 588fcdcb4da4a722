// Numbers, times and money as this page writes them.

const grouped = new Map();
function fixed(value, digits) {
  let f = grouped.get(digits);
  if (!f) grouped.set(digits, (f = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })));
  return f.format(value);
}

/** A chart value: three significant digits, thousands grouped; a gap is a dash. */
export function num(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const a = Math.abs(value);
  if (a >= 100) return fixed(value, 0);
  if (a >= 10) return fixed(value, Number.isInteger(value) ? 0 : 1);
  if (Number.isInteger(value)) return fixed(value, 0);
  return fixed(value, a >= 1 ? 2 : 3);
}

/** A number on an axis: no digits that say nothing. */
export function tickText(value) {
  return Math.abs(value) >= 1000 ? fixed(value, 0) : String(+value.toPrecision(4));
}

/** A cell of a query: integers whole, floats with at most four digits after the point. */
export function cell(value) {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? (Math.abs(value) >= 10000 ? fixed(value, 0) : String(value)) : String(+value.toPrecision(6));
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

export function usd(value, cents = false) {
  if (value === null || value === undefined) return "–";
  return `${value < 0 ? "-" : ""}$${fixed(Math.abs(value), cents && Math.abs(value) < 100 && !Number.isInteger(value) ? 2 : 0)}`;
}

export function percent(share, digits = 1) {
  return share === null || share === undefined ? "–" : `${fixed(share * 100, digits)} %`;
}

export function minutes(seconds) {
  const m = Math.round(seconds / 60);
  if (m < 120) return `${m} min`;
  if (m < 2880) return `${+(m / 60).toFixed(1)} h`;
  return `${+(m / 1440).toFixed(1)} days`;
}
