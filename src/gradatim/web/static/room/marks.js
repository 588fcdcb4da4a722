// What is drawn on a chart beside its lines: annotations, a limit, gaps, the lines of a logarithmic axis.
import uPlot from "/static/vendor/uPlot.esm.js";

/** Vertical lines for changes, alerts and own actions, under the series. */
export function annotate(u, { theme, window, annotations }) {
  const { ctx } = u;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.lineWidth = Math.round(ratio);
  for (const { t_s: t, kind } of annotations) {
    if (t < window.from || t > window.to) continue;
    const mark = theme.marks[kind] ?? theme.marks.deploy;
    const x = Math.round(u.valToPos(t, "x", true)) + (ctx.lineWidth % 2) / 2;
    ctx.globalAlpha = theme.alpha[kind] ?? 0.6;
    ctx.strokeStyle = mark.stroke;
    ctx.setLineDash(mark.dash.map((part) => part * ratio));
    ctx.beginPath();
    ctx.moveTo(x, 0);
    ctx.lineTo(x, u.ctx.canvas.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** A dotted line at a limit, with its name. */
export function drawLimit(u, { value, text }, theme) {
  const { min, max } = u.scales.y;
  if (value < min || value > max) return;
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio || 1;
  const y = Math.round(u.valToPos(value, "y", true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = theme.limit.stroke;
  ctx.lineWidth = Math.round(ratio);
  ctx.setLineDash(theme.limit.dash.map((part) => part * ratio));
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  const above = y - bbox.top > 14 * ratio;
  ctx.font = theme.font.replace("11px", `${11 * ratio}px`);
  ctx.fillStyle = theme.warn;
  ctx.setLineDash([]);
  ctx.lineJoin = "round";
  ctx.lineWidth = 4 * ratio;
  ctx.strokeStyle = theme.ground;
  ctx.strokeText(text, bbox.left + 2 * ratio, above ? y - 4 * ratio : y + 12 * ratio);
  ctx.fillText(text, bbox.left + 2 * ratio, above ? y - 4 * ratio : y + 12 * ratio);
  ctx.restore();
}

/** Straight lines with a hole where the series had nothing: typed arrays hold NaN, not null. */
export function withGaps(u, si, from, to) {
  const path = LINEAR(u, si, from, to);
  const holes = path === null ? [] : nanGaps(u, si, from, to);
  if (holes.length) {
    path.gaps = holes;
    path.clip = clipFor(u, holes);
  }
  return path;
}

/** Where a logarithmic axis has its lines: 1, 10, 100, and 2 and 5 between them when there is room. */
export function decades(low, high) {
  const factors = Math.log10(high / low) > 1.6 ? [1] : [1, 2, 5];
  const lines = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const factor of factors) {
      const line = factor * 10 ** power;
      if (line >= low && line <= high) lines.push(line);
    }
  }
  return lines;
}

const LINEAR = uPlot.paths.linear({ alignGaps: 0 });

function nanGaps(u, si, from, to) {
  const column = u.data[si];
  const times = u.data[0];
  const holes = [];
  for (let i = from; i <= to; i += 1) {
    if (!Number.isNaN(column[i])) continue;
    let end = i;
    while (end <= to && Number.isNaN(column[end])) end += 1;
    const left = u.valToPos(times[Math.max(i - 1, 0)], "x", true);
    const right = u.valToPos(times[Math.min(end, times.length - 1)], "x", true);
    if (right > left) holes.push([left, right]);
    i = end;
  }
  return holes;
}

function clipFor(u, holes) {
  const { left, top, width, height } = u.bbox;
  const clip = new Path2D();
  let x = left;
  for (const [from, to] of holes) {
    if (from > x) clip.rect(x, top, from - x, height);
    x = Math.max(x, to);
  }
  if (left + width > x) clip.rect(x, top, left + width - x, height);
  return clip;
}
