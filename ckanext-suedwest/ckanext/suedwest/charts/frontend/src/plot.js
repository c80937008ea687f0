// The interactive chart: values under the pointer or by the arrow keys, a span to zoom into.

import uPlot from "uplot";
import { Format } from "./format.js";
import { colours, drawCorrected, drawDoubted, drawGaps, drawReading, drawThresholds, drawUnit } from "./marks.js";

const texts = {
  de: { smallest: "kleinster", largest: "größter", none: "kein Wert" },
  en: { smallest: "smallest", largest: "largest", none: "no value" },
};

export async function mount(figure, readout) {
  const answer = await fetch(figure.dataset.series, { credentials: "omit" });
  if (!answer.ok) throw new Error(`${answer.status} for ${answer.url}`);
  const series = await answer.json();
  const format = new Format(figure.dataset.lang, series.unit);
  const say = texts[figure.dataset.lang];
  const { data, spans } = toRows(series, format.factor);
  const drawn = [...figure.querySelectorAll(":scope > svg")].find((svg) => svg.clientHeight > 0);
  const height = drawn ? drawn.clientHeight : 270;
  const holder = document.createElement("div");
  holder.className = "plot";
  figure.insertBefore(holder, readout);
  figure.classList.add("interactive");

  const plot = new uPlot(options(figure, holder.clientWidth, height, series, format), data, holder);
  plot.hooks.setCursor = [() => tell()];

  function tell() {
    const index = plot.cursor.idx;
    if (index == null) return;
    const [, maxima, minima, means] = data;
    const at = format.span(...spans[index]);
    if (means[index] == null) {
      readout.textContent = `${at}: ${say.none}`;
      return;
    }
    const spread =
      maxima[index] === minima[index]
        ? ""
        : ` (${say.smallest} ${format.quantity(minima[index])}, ` +
          `${say.largest} ${format.quantity(maxima[index])})`;
    readout.textContent = `${at}: ${format.quantity(means[index])}${spread}`;
  }

  function moveTo(index) {
    const last = data[0].length - 1;
    if (last < 0) return;
    const chosen = Math.min(Math.max(index, 0), last);
    const { min, max } = plot.scales.x;
    if (data[0][chosen] < min || data[0][chosen] > max) showAll();
    const level = data[3][chosen];
    plot.setCursor({
      left: plot.valToPos(data[0][chosen], "x"),
      top: level == null ? 0 : plot.valToPos(level, "y"),
    });
  }

  function zoom(factor) {
    const { min, max } = plot.scales.x;
    const middle = plot.cursor.idx == null ? (min + max) / 2 : data[0][plot.cursor.idx];
    const half = ((max - min) * factor) / 2;
    const [first, last] = [Date.parse(series.start) / 1000, Date.parse(series.end) / 1000];
    if (half * 2 >= last - first) showAll();
    else if (half * 2 > 1800) plot.setScale("x", { min: middle - half, max: middle + half });
  }

  function showAll() {
    plot.setScale("x", { min: Date.parse(series.start) / 1000, max: Date.parse(series.end) / 1000 });
  }

  plot.over.addEventListener("touchmove", (event) => {
    const left = event.touches[0].clientX - plot.over.getBoundingClientRect().left;
    plot.setCursor({ left, top: plot.over.clientHeight / 2 });
  }, { passive: true });
  new ResizeObserver(() => {
    if (holder.clientWidth) plot.setSize({ width: holder.clientWidth, height });
  }).observe(holder);

  return {
    press(key, far) {
      const last = data[0].length - 1;
      const index = plot.cursor.idx ?? last;
      const step = far ? 24 : 1;
      if (key === "ArrowLeft") moveTo(index - step);
      else if (key === "ArrowRight") moveTo(index + step);
      else if (key === "Home") moveTo(0);
      else if (key === "End") moveTo(last);
      else if (key === "Escape") showAll();
      else zoom(key === "+" ? 0.5 : 2);
    },
  };
}

// Rows of uPlot (times, largest, smallest, mean) and what span each stands for. `null` parts the
// line, `undefined` does not.
function toRows({ columns, gaps, latest }, factor) {
  const rows = columns.start.map((start, index) => {
    const scaled = (value) => (value == null ? undefined : value * factor);
    return [
      (start + columns.end[index]) / 2,
      scaled(columns.maximum[index]),
      scaled(columns.minimum[index]),
      scaled(columns.mean[index]),
      [start, columns.end[index]],
    ];
  });
  if (latest) {
    const at = Date.parse(latest.time) / 1000;
    const value = latest.value * factor;
    while (rows.length && rows[rows.length - 1][0] >= at) rows.pop();
    rows.push([at, value, value, value, [at, at]]);
  }
  for (const [start, end] of gaps) rows.push([(start + end) / 2, null, null, null, [start, end]]);
  rows.sort((a, b) => a[0] - b[0]);
  const column = (position) => rows.map((row) => row[position]);
  return { data: [0, 1, 2, 3].map(column), spans: column(4) };
}

function options(figure, width, height, series, format) {
  const colour = colours(figure);
  const axis = {
    stroke: colour["ink-2"],
    font: `13px ${getComputedStyle(document.body).fontFamily}`,
    ticks: { show: false },
  };
  return {
    width,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Europe/Berlin"),
    legend: { show: false },
    padding: [26, 24, 0, 0],
    cursor: { drag: { x: true, y: false }, points: { size: 9, fill: colour.accent } },
    scales: {
      x: { min: Date.parse(series.start) / 1000, max: Date.parse(series.end) / 1000 },
      y: { range: () => series.axis.map((value) => value * format.factor) },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 32,
        space: 70,
        values: (_plot, splits, _axis, _space, step) => splits.map((at) => label(at, step, format)),
      },
      {
        ...axis,
        size: 52,
        space: 36,
        grid: { stroke: colour.rule, width: 1 },
        values: (_plot, splits, _axis, _space, step) =>
          splits.map((value) => format.number(value, Math.max(0, -Math.floor(Math.log10(step))))),
      },
    ],
    series: [
      {},
      { stroke: "transparent", points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      { stroke: colour.accent, width: 2, points: { show: false } },
    ],
    bands: [{ series: [1, 2], fill: colour.band }],
    hooks: {
      drawClear: [(plot) => drawGaps(plot, series.gaps, colour)],
      draw: [
        (plot) => {
          drawUnit(plot, format, colour);
          drawThresholds(plot, series.thresholds, format, colour);
          drawDoubted(plot, series.columns, format, colour);
          drawCorrected(plot, series.corrections, format, colour);
          drawReading(plot, series.highest, format, colour);
          if (series.latest?.time !== series.highest?.time) {
            drawReading(plot, series.latest, format, colour);
          }
        },
      ],
    },
  };
}

function label(seconds, step, format) {
  if (step >= 20 * 86400) return format.monthOf(seconds);
  if (step >= 86400 || format.isMidnight(seconds)) return format.day(seconds);
  return format.clock(seconds);
}
