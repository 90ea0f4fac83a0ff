// What all charts share: their look, which follows the page from light to dark.
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const look = { animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false } };

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
