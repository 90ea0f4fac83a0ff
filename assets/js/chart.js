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
  const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "2-digit", timeZone: "UTC" });
  const chart = new Chart(canvas, {
    type: "line",
    data: {
      labels: finishes.map((finish) => day.format(new Date(finish.date))),
      datasets: [{ data: finishes.map((finish) => finish.position), borderWidth: 2, pointRadius: 4, pointHoverRadius: 7, tension: 0 }],
    },
    options: {
      ...look,
      scales: {
        x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 24 } },
        y: { reverse: true, min: 1, suggestedMax: 10, ticks: { precision: 0, callback: (value) => `P${value}` } },
      },
      plugins: {
        tooltip: {
          displayColors: false,
          callbacks: {
            title: ([item]) => finishes[item.dataIndex].event,
            label: ({ dataIndex }) => {
              const { position, field, track } = finishes[dataIndex];
              return `P${position}${field ? ` of ${field}` : ""}${track ? ` · ${track}` : ""}`;
            },
          },
        },
      },
    },
    plugins: [podium],
  });

  paint([chart], () => {
    const [dataset] = chart.data.datasets;
    dataset.borderColor = colour("--color-primary");
    dataset.pointBackgroundColor = finishes.map(({ position }) => colour(position <= 3 ? "--color-podium" : "--color-primary"));
    dataset.pointBorderColor = colour("--color-base-100");
  });
}
