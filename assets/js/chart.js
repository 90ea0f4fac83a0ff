// The charts of drivers: finishing positions, and lines over time. The same figures stand in the table beside each.
import { CategoryScale, Chart, Legend, LineController, LineElement, LinearScale, PointElement, Tooltip } from "chart.js";
import { colour, look, paint, steer, style } from "./charting.js";
import { inWords } from "./zone.js";

Chart.register(LineController, LineElement, PointElement, LinearScale, CategoryScale, Legend, Tooltip);

// The podium is a band behind the line: places one to three.
const podium = {
  id: "podium",
  beforeDatasetsDraw({ ctx, chartArea, scales }) {
    const bottom = scales.y.getPixelForValue(3.5);
    ctx.save();
    ctx.globalAlpha = 0.14;
    ctx.fillStyle = colour("--color-podium");
    ctx.fillRect(chartArea.left, chartArea.top, chartArea.right - chartArea.left, Math.max(0, bottom - chartArea.top));
    ctx.restore();
  },
};

const drawFinishes = (canvas, finishes) => {
  const chart = new Chart(canvas, {
    type: "line",
    data: {
      labels: finishes.map(({ date, day }) => inWords(date, "day") ?? day),
      // `clip`: the dots of winners stand on the upper edge. The line joins finishes only; who retired is a cross.
      datasets: [
        { data: finishes.map(({ position, status }) => (status ? null : position)), spanGaps: true, clip: 8, borderWidth: 2, pointRadius: 4, pointHoverRadius: 7, tension: 0 },
        { data: finishes.map(({ position, status }) => (status ? position : null)), showLine: false, clip: 8, pointStyle: "crossRot", borderWidth: 2, pointRadius: 5, pointHoverRadius: 8 },
      ],
    },
    options: {
      ...look,
      layout: { padding: { top: 10, right: 10 } },
      scales: {
        x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 24 } },
        y: { reverse: true, min: 1, suggestedMax: 10, ticks: { precision: 0, callback: (value) => `P${value}` } },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          displayColors: false,
          filter: ({ parsed }) => parsed.y !== null,
          callbacks: {
            title: ([item]) => finishes[item.dataIndex].event,
            label: ({ dataIndex }) => {
              const { position, field, status, track } = finishes[dataIndex];
              return `${status ? `${status}, ` : ""}P${position}${field ? ` of ${field}` : ""}${track ? ` · ${track}` : ""}`;
            },
          },
        },
      },
    },
    plugins: [podium],
  });
  paint([chart], () => {
    const [dataset, retired] = chart.data.datasets;
    retired.borderColor = retired.pointBorderColor = colour("--color-error");
    dataset.borderColor = colour("--color-primary");
    dataset.pointBackgroundColor = finishes.map(({ position }) => colour(position <= 3 ? "--color-podium" : "--color-primary"));
    dataset.pointBorderColor = colour("--color-base-100");
  });
  return chart;
};

// Lines by time, each point an instant (ms), a height, and what is said of it. `steps` names every fifth height of the axis.
const drawLines = (canvas, { lines, steps }) => {
  const dayOf = (at) => inWords(new Date(at).toISOString(), "day") ?? "";
  const month = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
  const heights = steps ? lines.flatMap(({ points }) => points.map(([, y]) => y)) : [];
  const chart = new Chart(canvas, {
    type: "line",
    data: {
      datasets: lines.map(({ name, points }, index) => ({
        ...style(index),
        label: name,
        data: points.map(([x, y, said]) => ({ x, y, said })),
        pointRadius: points.length > 60 ? 0 : 2,
      })),
    },
    options: {
      ...look,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      layout: { padding: { top: 8, right: 10 } },
      scales: {
        x: { type: "linear", grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 24, callback: (at) => month.format(at) } },
        y: steps
          ? { min: 5 * Math.floor(Math.min(...heights) / 5), max: 5 * Math.ceil(Math.max(...heights) / 5), ticks: { stepSize: 5, callback: (value) => steps[value] } }
          : { ticks: { precision: 0 } },
      },
      plugins: {
        legend: { display: lines.length > 1, position: "bottom", labels: { usePointStyle: true, boxHeight: 7 } },
        tooltip: { callbacks: { title: ([item]) => item && dayOf(item.parsed.x), label: ({ raw, dataset }) => (lines.length > 1 ? `${dataset.label}: ${raw.said}` : raw.said) } },
      },
    },
  });
  paint([chart]);
  return chart;
};

const KINDS = { finishes: drawFinishes, lines: drawLines };

// Some are there with the page, others come with a part of it.
const drawAll = (root) => {
  for (const canvas of root.querySelectorAll("canvas[data-chart]")) {
    const data = document.getElementById(canvas.dataset.from);
    if (Chart.getChart(canvas) || !data) continue;
    steer(canvas, KINDS[canvas.dataset.chart](canvas, JSON.parse(data.textContent)));
  }
};
drawAll(document);
document.addEventListener("htmx:afterSettle", () => drawAll(document));
