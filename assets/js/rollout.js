// The staff's charts. The same figures stand in the table beside each.
import { BarController, BarElement, CategoryScale, Chart, Legend, LineController, LineElement, LinearScale, PointElement, Tooltip } from "chart.js";
import { look, paint } from "./charting.js";

Chart.register(BarController, BarElement, LineController, LineElement, PointElement, LinearScale, CategoryScale, Legend, Tooltip);

const data = document.getElementById("rollout-data");

if (data) {
  const figures = JSON.parse(data.textContent);
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const labels = figures.days.map((each) => day.format(new Date(each)));
  // The second line is dashed: colour alone would not tell them apart.
  const shapes = {
    links: { type: "bar", unit: "", sets: [{ label: "Links", data: figures.links, tone: "--color-primary" }] },
    missing: { type: "bar", unit: "", sets: [{ label: "404s", data: figures.missing, tone: "--color-primary" }] },
    searches: {
      type: "line",
      unit: " ms",
      sets: [
        { label: "Half took at most", data: figures.p50, tone: "--color-base-content" },
        { label: "95 % took at most", data: figures.p95, tone: "--color-primary", borderDash: [6, 4] },
      ],
    },
  };

  const charts = Object.entries(shapes).flatMap(([name, { type, unit, sets }]) => {
    const canvas = document.getElementById(`${name}-chart`);
    if (!canvas) return [];
    const datasets = sets.map((set) => ({ ...set, borderWidth: type === "line" ? 2 : 0, pointRadius: 3, tension: 0, maxBarThickness: 24 }));
    return new Chart(canvas, {
      type,
      data: { labels, datasets },
      options: {
        ...look,
        spanGaps: true,
        layout: { padding: { right: 8 } },
        scales: {
          x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 24 } },
          y: { beginAtZero: true, suggestedMax: 4, ticks: { precision: 0, callback: (value) => `${value}${unit}` } },
        },
        plugins: {
          legend: { display: sets.length > 1, align: "start", labels: { usePointStyle: true, pointStyle: "line" } },
          tooltip: { displayColors: false, callbacks: { label: ({ dataset, parsed }) => `${dataset.label}: ${Math.round(parsed.y)}${unit}` } },
        },
      },
    });
  });

  paint(charts);
}
