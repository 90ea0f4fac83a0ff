// Finishing positions over time. The same figures stand in the table beside the chart.
import { CategoryScale, Chart, LineController, LineElement, LinearScale, PointElement, Tooltip } from "chart.js";
import { colour, look, paint } from "./charting.js";

Chart.register(LineController, LineElement, PointElement, LinearScale, CategoryScale, Tooltip);

const canvas = document.getElementById("finishes-chart");
const data = document.getElementById("finishes-data");

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

if (canvas && data) {
  const finishes = JSON.parse(data.textContent);
  const chart = new Chart(canvas, {
    type: "line",
    data: {
      labels: finishes.map((finish) => finish.day),
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
}
