// What uPlot does not draw by itself: gaps, thresholds, doubted values, peak.

const font = (pixels, weight = 400) =>
  `${weight} ${pixels * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;

export function colours(element) {
  const style = getComputedStyle(element);
  const names = ["accent", "band", "edge", "ink", "ink-2", "paper", "rule", "wash"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export function drawGaps(plot, gaps, colour) {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const [start, end] of gaps) {
    const left = Math.max(plot.valToPos(start, "x", true), bbox.left);
    const right = Math.min(plot.valToPos(end, "x", true), bbox.left + bbox.width);
    if (right <= left) continue;
    ctx.fillStyle = colour.wash;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.strokeStyle = colour.edge;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    for (const x of [left, right]) {
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
    }
    ctx.stroke();
  }
  ctx.restore();
}

export function drawUnit(plot, format, colour) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  write(ctx, format.unit, bbox.left - 8 * ratio, bbox.top - 14 * ratio, {
    font: font(13),
    fill: colour["ink-2"],
    halo: colour.paper,
    align: "right",
  });
}

export function drawThresholds(plot, thresholds, format, colour) {
  const { ctx, bbox, scales } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  const names = [];
  for (const { level, kind, code, label } of thresholds) {
    const value = level * format.factor;
    if (value < scales.y.min || value > scales.y.max) continue;
    const y = plot.valToPos(value, "y", true);
    const statistical = kind === "statistical";
    ctx.strokeStyle = statistical ? colour.edge : colour.ink;
    ctx.lineWidth = (statistical ? 2 : 1.25) * ratio;
    ctx.lineCap = statistical ? "round" : "butt";
    ctx.setLineDash((statistical ? [1, 4] : [7, 4]).map((length) => length * ratio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const short = statistical ? code.replace("_", " ") : label;
    names.push({ y, text: `${short} ${format.quantity(value)}`, statistical });
  }
  let free = Infinity;
  names.sort((a, b) => b.y - a.y);
  for (const { y, text, statistical } of names) {
    if (y > free) continue;
    write(ctx, text, bbox.left + 6 * ratio, y - 6 * ratio, {
      font: font(13, statistical ? 400 : 650),
      fill: statistical ? colour["ink-2"] : colour.ink,
      halo: colour.paper,
    });
    free = y - 18 * ratio;
  }
  ctx.restore();
}

export function drawReading(plot, reading, format, colour) {
  if (!reading) return;
  const x = plot.valToPos(Date.parse(reading.time) / 1000, "x", true);
  const y = plot.valToPos(reading.value * format.factor, "y", true);
  if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) return;
  circle(plot.ctx, x, y, 4, colour.accent, colour.paper);
  const right = x > plot.bbox.left + plot.bbox.width * 0.75;
  write(plot.ctx, format.quantity(reading.value * format.factor), x, y - 10 * devicePixelRatio, {
    font: font(13, 650),
    fill: colour.ink,
    halo: colour.paper,
    align: right ? "right" : "left",
  });
}

export function drawDoubted(plot, columns, format, colour) {
  columns.doubted_count.forEach((count, index) => {
    if (!count) return;
    const middle = (columns.start[index] + columns.end[index]) / 2;
    const value = columns.doubted_maximum[index] * format.factor;
    const { min, max } = plot.scales.y;
    const x = plot.valToPos(middle, "x", true);
    if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) return;
    const y = plot.valToPos(Math.min(Math.max(value, min), max), "y", true);
    circle(plot.ctx, x, y, 4, colour.paper, colour.ink);
  });
}

export function drawCorrected(plot, corrections, format, colour) {
  const { ctx, bbox, scales } = plot;
  for (const { time, result } of corrections) {
    const value = result * format.factor;
    const x = plot.valToPos(Date.parse(time) / 1000, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    if (value < scales.y.min || value > scales.y.max) continue;
    const y = plot.valToPos(value, "y", true);
    const size = 5 * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    for (const [dx, dy] of [[size, 0], [0, size], [-size, 0]]) ctx.lineTo(x + dx, y + dy);
    ctx.closePath();
    ctx.fillStyle = colour.accent;
    ctx.strokeStyle = colour.paper;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.fill();
    ctx.stroke();
    ctx.restore();
  }
}

function circle(ctx, x, y, radius, fill, stroke) {
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, radius * devicePixelRatio, 0, 2 * Math.PI);
  ctx.fillStyle = fill;
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

function write(ctx, text, x, y, { font: face, fill, halo, align = "left" }) {
  ctx.save();
  ctx.font = face;
  ctx.textAlign = align;
  ctx.lineJoin = "round";
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.strokeStyle = halo;
  ctx.setLineDash([]);
  ctx.strokeText(text, x, y);
  ctx.fillStyle = fill;
  ctx.fillText(text, x, y);
  ctx.restore();
}
