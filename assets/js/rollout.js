// The staff's charts. The same figures stand in the table beside each.
import { BarController, BarElement, CategoryScale, Chart, Legend, LineController, LineElement, LinearScale, PointElement, Tooltip } from "chart.js";

Chart.register(BarController, BarElement, LineController, LineElement, PointElement, LinearScale, CategoryScale, Legend, Tooltip);

const data = document.getElementById("rollout-data");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

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
        animation: false,
        responsive: true,
        spanGaps: true,
        layout: { padding: { right: 8 } },
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
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

  const paint = () => {
    const text = colour("--color-base-content");
    for (const chart of charts) {
      for (const set of chart.data.datasets) set.borderColor = set.backgroundColor = set.pointBackgroundColor = colour(set.tone);
      for (const axis of Object.values(chart.options.scales)) {
        axis.ticks.color = text;
        axis.grid = { ...axis.grid, color: colour("--color-base-300") };
        axis.border = { color: colour("--color-base-300") };
      }
      chart.options.plugins.legend.labels.color = text;
      chart.options.font = { family: "Archivo, sans-serif" };
      // Not "none": that keeps the old colours where the elements share them.
      chart.update();
    }
  };
  paint();
  document.addEventListener("simlane:theme", paint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}
