// A driver's rating after each race, with its uncertainty as a band. The same figures stand in the table beside it.
import { CategoryScale, Chart, Filler, LineController, LineElement, LinearScale, PointElement, Tooltip } from "chart.js";
import { colour, look, paint } from "./charting.js";

Chart.register(LineController, LineElement, PointElement, LinearScale, CategoryScale, Filler, Tooltip);

const edge = (points, sign) => ({ data: points.map(({ rating, uncertainty }) => rating + sign * uncertainty), borderWidth: 0, pointRadius: 0, pointHoverRadius: 0, tension: 0 });

const draw = (canvas) => {
  const points = JSON.parse(canvas.parentElement.nextElementSibling.textContent);
  const chart = new Chart(canvas, {
    type: "line",
    data: {
      labels: points.map(({ day }) => day),
      datasets: [
        { data: points.map(({ rating }) => rating), tone: "--color-primary", borderWidth: 2, pointRadius: points.length > 60 ? 0 : 3, pointHoverRadius: 6, tension: 0 },
        { ...edge(points, 1), fill: 2 },
        edge(points, -1),
      ],
    },
    options: {
      ...look,
      scales: { x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 24 } }, y: { ticks: { precision: 0 } } },
      plugins: {
        tooltip: {
          displayColors: false,
          filter: ({ datasetIndex }) => datasetIndex === 0,
          callbacks: {
            title: ([item]) => `${points[item.dataIndex].day} · ${points[item.dataIndex].event}`,
            label: ({ dataIndex }) => {
              const { rating, uncertainty, finished } = points[dataIndex];
              return `${rating} ± ${uncertainty}${finished ? "" : ", did not finish"}`;
            },
          },
        },
      },
    },
  });
  paint([chart], () => {
    chart.data.datasets[1].backgroundColor = `color-mix(in srgb, ${colour("--color-primary")} 16%, transparent)`;
  });
};

const drawAll = (part) => {
  for (const canvas of part.querySelectorAll("canvas[data-rating-chart]")) draw(canvas);
};

drawAll(document);
document.addEventListener("htmx:afterSettle", ({ target }) => drawAll(target));
