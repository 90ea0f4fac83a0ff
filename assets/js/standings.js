// A season's standings: points after each round, a line for each of the first.
import { CategoryScale, Chart, Legend, LineController, LineElement, LinearScale, PointElement, Tooltip } from "chart.js";
import { look, paint, steer, style } from "./charting.js";

Chart.register(LineController, LineElement, PointElement, LinearScale, CategoryScale, Legend, Tooltip);

const canvas = document.getElementById("standings-chart");
const data = document.getElementById("standings-data");

if (canvas && data) {
  const { rounds, names, lines } = JSON.parse(data.textContent);
  const datasets = lines.map(({ name, totals }, index) => ({
    label: name,
    data: totals,
    ...style(index),
  }));
  const chart = new Chart(canvas, {
    type: "line",
    data: { labels: rounds, datasets },
    options: {
      ...look,
      scales: { x: { grid: { display: false }, ticks: { maxRotation: 0 } }, y: { ticks: { precision: 0 } } },
      plugins: {
        legend: { position: "bottom", labels: { usePointStyle: true, boxHeight: 7 } },
        tooltip: { itemSort: (one, other) => other.parsed.y - one.parsed.y, callbacks: { title: ([item]) => names[item.dataIndex] } },
      },
    },
  });
  paint([chart]);
  steer(canvas, chart);
}
