// What all charts share: their look, which follows the page from light to dark.
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const look = { animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false } };

// Lines are told apart by dashes and points too, not by colour alone.
const TONES = ["--color-primary", "--color-accent", "--color-info", "--color-success", "--color-podium", "--color-error", "--color-base-content", "--color-muted"];
const POINTS = ["circle", "rect", "triangle", "rectRot"];
export const style = (index) => ({
  tone: TONES[index % TONES.length],
  borderWidth: 2,
  borderDash: index < POINTS.length ? [] : [6, 4],
  pointStyle: POINTS[index % POINTS.length],
  pointRadius: 3,
  pointHoverRadius: 6,
  tension: 0,
});

// The arrows move from value to value of the longest line as a pointer does, over what the others have there.
export const steer = (canvas, chart) => {
  const length = Math.max(0, ...chart.data.datasets.map(({ data }) => data.length));
  let at = -1;
  const show = (index) => {
    at = index;
    const there = chart.data.datasets.map((_, datasetIndex) => ({ datasetIndex, index })).filter(({ datasetIndex }) => index >= 0 && chart.data.datasets[datasetIndex].data[index] != null);
    chart.setActiveElements(there);
    chart.tooltip.setActiveElements(there, { x: 0, y: 0 });
    chart.update();
  };
  canvas.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: Math.max(at - 1, 0), ArrowRight: Math.min(at + 1, length - 1), Home: 0, End: length - 1, Escape: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  canvas.addEventListener("blur", () => show(-1));
};

// Colours every axis, and every dataset that names its `tone`, now and whenever the scheme changes.
export const paint = (charts, before = () => {}) => {
  const now = () => {
    const text = colour("--color-base-content");
    for (const chart of charts) {
      for (const set of chart.data.datasets) {
        if (set.tone) set.borderColor = set.backgroundColor = set.pointBackgroundColor = colour(set.tone);
      }
      for (const axis of Object.values(chart.options.scales)) {
        axis.ticks.color = text;
        if (axis.title) axis.title.color = text;
        axis.grid = { ...axis.grid, color: colour("--color-base-300") };
        axis.border = { color: colour("--color-base-300") };
      }
      if (chart.options.plugins.legend) chart.options.plugins.legend.labels.color = text;
      chart.options.font = { family: "Archivo, ui-sans-serif, system-ui, sans-serif" };
      before(chart);
      // Not "none": that keeps the old colours where the elements share them.
      chart.update();
    }
  };
  now();
  document.addEventListener("simlane:theme", now);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", now);
  return now;
};
