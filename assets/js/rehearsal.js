// The charts of a rehearsal's report, each drawn from the rows of the table beside it.
import { Chart, Legend, LineController, LineElement, LinearScale, LogarithmicScale, PointElement, Tooltip } from "chart.js";
import { colour, look, paint } from "./charting.js";

Chart.register(LineController, LineElement, LinearScale, LogarithmicScale, PointElement, Legend, Tooltip);

document.documentElement.classList.add("js");
const { start, end, width, gap, steps, charts } = JSON.parse(document.getElementById("rehearsal-data").textContent);
const STYLES = {
  "Max, ms": { tone: "--color-primary", borderWidth: 2, borderDash: [2, 4] },
  "p99, ms": { tone: "--color-accent", borderWidth: 2 },
  "p50, ms": { tone: "--color-info", borderWidth: 3 },
  "Rows/s": { tone: "--color-success", borderWidth: 2 },
};
const OTHER = { tone: "--color-primary", borderWidth: 2 };
const MOST_LANES = 3;
const LANE = 15;
// The width left of every plot: the time axes of all panels stand below each other.
const AXIS = 56;
const FONT = "12px ui-sans-serif, system-ui, sans-serif";

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;
const inMinutes = end - start >= 600;
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const said = (value) => (typeof value === "number" ? number.format(value) : (value ?? "–"));
const running = (at) => steps.flatMap(([name, from, to], i) => (from <= at && at < to ? [`${i + 1}. ${name}`] : [])).pop();

// Every step is a shade behind the lines, under its number and, where that fits, its name. Labels that would touch stand
// in lanes above each other; one without room in any lane is left out: the table of the steps has them all.
const labels = (ctx, left, right) => {
  const pixel = (at) => left + ((at - start) / (end - start)) * (right - left);
  const lanes = [];
  ctx.font = FONT;
  return steps.flatMap(([name, from, to], i) => {
    const whole = `${i + 1} ${name}`;
    const text = ctx.measureText(whole).width + 8 <= pixel(to) - pixel(from) ? whole : `${i + 1}`;
    const half = ctx.measureText(text).width / 2 + 3;
    const middle = Math.min(Math.max((pixel(from) + pixel(to)) / 2, left + half), right - half);
    const free = lanes.findIndex((taken) => taken <= middle - half);
    const lane = free < 0 ? lanes.length : free;
    if (lane >= MOST_LANES) return [];
    lanes[lane] = middle + half;
    return [{ text, middle, lane }];
  });
};
const bands = {
  id: "steps",
  beforeLayout({ ctx, width: across, options }) {
    const used = labels(ctx, AXIS, across).map(({ lane }) => lane + 1);
    options.layout.padding = { top: Math.max(0, ...used) * LANE + 6, right: 8 };
  },
  beforeDatasetsDraw({ ctx, chartArea: { left, right, top, bottom }, scales: { x } }) {
    ctx.save();
    ctx.fillStyle = colour("--color-info");
    for (const [i, [, from, to]] of steps.entries()) {
      ctx.globalAlpha = i % 2 ? 0.07 : 0.14;
      ctx.fillRect(x.getPixelForValue(from), top, Math.max(1, x.getPixelForValue(to) - x.getPixelForValue(from)), bottom - top);
    }
    ctx.globalAlpha = 1;
    ctx.fillStyle = colour("--color-base-content");
    ctx.textAlign = "center";
    for (const { text, middle, lane } of labels(ctx, left, right)) ctx.fillText(text, middle, top - 6 - LANE * lane);
    ctx.restore();
  },
};

// Whole powers of ten around all values of both releases; what took no time at all counts as a hundredth of a millisecond.
const decades = (values) => {
  const logs = values.map((value) => Math.log10(Math.max(value, 0.01)));
  const least = Math.floor(Math.min(...logs));
  return { type: "logarithmic", min: 10 ** least, max: 10 ** Math.max(Math.ceil(Math.max(...logs)), least + 1) };
};

const draw = (canvas, panel, { headings, rows: all, errors }) => {
  const rows = panel.release ? all.filter((row) => row[1] === panel.release) : all;
  const points = (column) => rows.map((row) => ({ x: row[0] + width / 2, y: row[column] }));
  const datasets = panel.lines.map((column) => ({
    label: headings[column],
    data: points(column),
    pointRadius: rows.length < 2 ? 3 : 0,
    // The line is broken where nothing was measured for a while.
    segment: { borderColor: ({ p0, p1 }) => (p1.parsed.x - p0.parsed.x > gap ? "transparent" : undefined) },
    ...(STYLES[headings[column]] ?? OTHER),
  }));
  if (errors && rows.some((row) => row[errors])) {
    const data = rows.map((row) => ({ x: row[0] + width / 2, y: row[errors] ? row[panel.lines[0]] : null }));
    datasets.push({ label: "Errors", data, tone: "--color-error", showLine: false, pointStyle: "crossRot", pointRadius: 6, borderWidth: 3 });
  }
  const logarithmic = panel.release !== "";
  const scale = logarithmic ? decades(all.flatMap((row) => panel.lines.map((column) => row[column]))) : { suggestedMax: 1, beginAtZero: true };
  if (logarithmic) for (const point of datasets.flatMap(({ data }) => data)) if (point.y !== null) point.y = Math.max(point.y, scale.min);
  const chart = new Chart(canvas, {
    type: "line",
    data: { datasets },
    options: {
      ...look,
      scales: {
        x: {
          type: "linear",
          min: start,
          max: end,
          title: { display: true, text: `Time since the rehearsal began, ${inMinutes ? "minutes:seconds" : "seconds"}` },
          grid: { display: false },
          ticks: { maxRotation: 0, autoSkipPadding: 24, callback: (at) => (inMinutes ? clock(at) : said(at)) },
        },
        y: {
          ...scale,
          afterFit: (axis) => { axis.width = AXIS; },
          ticks: { precision: 0, callback: (value) => (!logarithmic || Number.isInteger(Math.log10(value)) ? said(value) : null) },
        },
      },
      plugins: {
        legend: { display: datasets.length > 1, position: "bottom", align: "start", labels: { usePointStyle: true, pointStyle: "line" } },
        tooltip: {
          displayColors: false,
          filter: (_, i) => i === 0,
          callbacks: {
            title: ([{ dataIndex }]) => {
              const at = rows[dataIndex][0];
              return [`${said(at)} s`, running(at + width / 2) ?? []].flat();
            },
            label: ({ dataIndex }) => headings.slice(1).map((heading, i) => `${heading}: ${said(rows[dataIndex][i + 1])}`),
          },
        },
      },
    },
    plugins: [bands],
  });
  // The arrows move from value to value as a pointer does.
  let at = -1;
  const show = (index) => {
    at = index;
    const active = index < 0 ? [] : datasets.map((_, datasetIndex) => ({ datasetIndex, index }));
    chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
    chart.update();
  };
  canvas.addEventListener("keydown", ({ key }) => {
    const to = { ArrowLeft: Math.max(at - 1, 0), ArrowRight: Math.min(at + 1, rows.length - 1), Home: 0, End: rows.length - 1, Escape: -1 }[key];
    if (to !== undefined) show(to);
  });
  canvas.addEventListener("blur", () => show(-1));
  return chart;
};

const drawn = charts.flatMap(({ panels, table }) => panels.map((panel) => draw(document.getElementById(panel.name), panel, table)));
const repaint = paint(drawn);

// Paper is light, and narrower than a screen.
addEventListener("beforeprint", () => {
  document.documentElement.dataset.theme = "light";
  // A chart that is being drawn puts a new size off until it is.
  for (const chart of drawn) chart.stop().resize(640, chart.height);
  repaint();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.theme;
  for (const chart of drawn) chart.resize();
  repaint();
});
