// The charts of laps. Those of a session fetch their figures when they are opened; a car's are the rows of its table.
import { BarController, BarElement, CategoryScale, Chart, LineController, LineElement, LinearScale, PointElement, Tooltip } from "chart.js";
import { colour, look, paint } from "./charting.js";

Chart.register(BarController, BarElement, CategoryScale, LineController, LineElement, LinearScale, PointElement, Tooltip);

// The first cars are told apart by dashes too, not by colour alone; the others are grey until one is brought out.
const TONES = ["--color-primary", "--color-accent", "--color-info", "--color-success", "--color-podium", "--color-error"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 4]];
const REST = "--color-muted";
const UNKNOWN = "The files do not say how long the laps of this race took, so there is nothing to draw.";
const PAPER = 640;

const time = (ms) => {
  const thousandths = Math.round(ms);
  return `${Math.floor(thousandths / 60000)}:${String(Math.floor((thousandths % 60000) / 1000)).padStart(2, "0")}.${String(thousandths % 1000).padStart(3, "0")}`;
};
const gap = (ms) => (ms === 0 ? "leads" : ms < 60000 ? `+${(ms / 1000).toFixed(3)}` : `+${time(ms)}`);
const label = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const charts = [];
const repaint = paint(charts);

// One answer for all charts of a session.
const answers = new Map();
const figures = (address) => {
  if (!answers.has(address)) {
    const answer = fetch(address, { headers: { Accept: "application/json" } }).then(async (response) => {
      const said = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(said.error ?? (response.status === 429 ? "Too many questions: wait a minute, then open it again." : ""));
      return said;
    });
    answer.catch(() => answers.delete(address));
    answers.set(address, answer);
  }
  return answers.get(address);
};

const plot = (canvas, config) => {
  // What was swapped for another session is no more.
  for (const chart of charts.filter(({ canvas: { isConnected } }) => !isConnected)) {
    charts.splice(charts.indexOf(chart), 1);
    chart.destroy();
  }
  const chart = new Chart(canvas, config);
  charts.push(chart);
  repaint();
  return chart;
};

// The arrows move from lap to lap, and say what stands there.
const byKeyboard = (canvas, count, show, pick = () => {}) => {
  let at = -1;
  canvas.addEventListener("keydown", (event) => {
    const { key } = event;
    const to = { ArrowLeft: Math.max(at - 1, 0), ArrowRight: Math.min(at + 1, count - 1), Home: 0, End: count - 1, Escape: -1 }[key];
    const by = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (to === undefined && by === undefined) return;
    event.preventDefault();
    if (by) pick(by);
    else at = to;
    show(at);
  });
};

const axes = { x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 20 } } };

const lines = (canvas, { cars }, kind, fold) => {
  const count = Math.max(0, ...cars.map((car) => car[kind].length));
  if (!cars.some((car) => car[kind].some((each) => each !== null))) throw new Error(UNKNOWN);
  const said = kind === "positions" ? (place) => `P${place}` : gap;
  const pit = (car, lap) => (car.pits.includes(lap) ? ", in the pits" : "");
  const most = Math.max(...cars.flatMap((car) => car[kind]));
  canvas.parentElement.style.height = `${Math.max(18, kind === "positions" ? cars.length * 0.9 + 4 : 24)}rem`;
  const datasets = cars.map((car, index) => ({
    label: car.label,
    data: Array.from({ length: count }, (_, lap) => car[kind][lap] ?? null),
    clip: 8,
    pointRadius: ({ dataIndex }) => (count === 1 || car.changes.includes(dataIndex + 1) ? 4 : 0),
    pointHoverRadius: 6,
    pointHitRadius: 8,
    tension: 0,
  }));
  const chart = plot(canvas, {
    type: "line",
    data: { labels: Array.from({ length: count }, (_, lap) => lap + 1), datasets },
    options: {
      ...look,
      interaction: { mode: "nearest", axis: "xy", intersect: false },
      layout: { padding: { top: 8, right: 10 } },
      scales: {
        x: { ...axes.x, title: { display: true, text: "Lap" } },
        y: kind === "positions"
          ? { reverse: true, min: 1, max: Math.max(most, 2), ticks: { precision: 0, callback: (place) => (Number.isInteger(place) ? `P${place}` : "") } }
          : { reverse: true, min: 0, ticks: { callback: (ms) => (ms < 60000 ? `+${ms / 1000} s` : `+${time(ms).slice(0, -4)}`) } },
      },
      plugins: {
        tooltip: { displayColors: false, callbacks: { title: ([{ label: lap }]) => `Lap ${lap}`, label: ({ dataset, datasetIndex, dataIndex, parsed }) => `${dataset.label}: ${said(parsed.y)}${pit(cars[datasetIndex], dataIndex + 1)}` } },
      },
    },
  });
  const bringOut = (chosen) => {
    datasets.forEach((set, index) => {
      set.tone = index === chosen ? "--color-primary" : chosen < 0 ? (TONES[index] ?? REST) : REST;
      set.borderWidth = index === chosen ? 4 : chosen < 0 && index < TONES.length ? 2 : 1;
      set.borderDash = index === chosen ? [] : (DASHES[index] ?? []);
      set.order = index === chosen ? 0 : 1;
    });
    repaint();
  };
  bringOut(-1);
  const select = choose(fold, cars, bringOut);
  const tell = (lap) => {
    const car = Math.max(0, Number(select.value));
    const value = datasets[car].data[lap];
    const active = lap < 0 || value === null ? [] : [{ datasetIndex: car, index: lap }];
    chart.setActiveElements(active);
    chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
    chart.update();
    fold.querySelector("[role=status]").textContent = lap < 0 ? left : `Lap ${lap + 1}, ${cars[car].label}: ${value === null ? "not known" : said(value)}${pit(cars[car], lap + 1)}`;
  };
  byKeyboard(canvas, count, tell, (by) => {
    select.value = String(Math.min(Math.max(Number(select.value) + by, 0), cars.length - 1));
    bringOut(Number(select.value));
  });
  const out = cars.filter((car) => car[kind].some((each) => each === null)).length;
  const left = out ? `${out} car${out > 1 ? "s are" : " is"} left out where the files lack the time of a lap.` : "";
  fold.querySelector("[role=status]").textContent = left;
};

// Which car is brought out of all of them.
const choose = (fold, cars, bringOut) => {
  const select = fold.querySelector("select");
  select.replaceChildren(new Option("All alike", "-1"), ...cars.map((car, index) => new Option(car.label, String(index))));
  select.addEventListener("change", () => bringOut(Number(select.value)));
  return select;
};

// Whiskers and the median, which a bar has not.
const whiskers = {
  id: "whiskers",
  afterDatasetsDraw(chart) {
    const { ctx, scales: { x } } = chart;
    const set = chart.data.datasets[0];
    ctx.save();
    chart.getDatasetMeta(0).data.forEach((bar, index) => {
      const [fastest, lower, median, upper, slowest] = set.boxes[index].map((ms) => x.getPixelForValue(ms));
      const half = bar.height / 2;
      ctx.strokeStyle = colour(index === set.chosen ? "--color-primary" : "--color-base-content");
      ctx.lineWidth = 1;
      ctx.beginPath();
      for (const [from, to] of [[fastest, lower], [upper, slowest]]) { ctx.moveTo(from, bar.y); ctx.lineTo(to, bar.y); }
      for (const end of [fastest, slowest]) { ctx.moveTo(end, bar.y - half / 2); ctx.lineTo(end, bar.y + half / 2); }
      ctx.stroke();
      ctx.lineWidth = 3;
      ctx.beginPath();
      ctx.moveTo(median, bar.y - half);
      ctx.lineTo(median, bar.y + half);
      ctx.stroke();
    });
    ctx.restore();
  },
};

const boxes = (canvas, { cars: all }, fold) => {
  const cars = all.filter((car) => car.box);
  if (!cars.length) throw new Error("No car has a clean lap here, so there is nothing to draw.");
  canvas.parentElement.style.height = `${cars.length * 1.6 + 4}rem`;
  const told = (car) => {
    const [fastest, , median, , slowest] = car.box.map(time);
    return [`${car.clean} clean lap${car.clean > 1 ? "s" : ""}: ${fastest} to ${slowest}, median ${median}`, ...(car.consistency === null ? [] : [`Consistency ±${(car.consistency / 1000).toFixed(3)} s`])];
  };
  const set = { data: cars.map(({ box }) => [box[1], box[3]]), boxes: cars.map(({ box }) => box), chosen: -1, borderWidth: 1, borderSkipped: false, barPercentage: 0.7 };
  const room = canvas.parentElement.clientWidth < 600 ? 16 : 34;
  const chart = plot(canvas, {
    type: "bar",
    data: { labels: cars.map((car) => label(car.label, room)), datasets: [set] },
    options: {
      ...look,
      indexAxis: "y",
      layout: { padding: { right: 12 } },
      scales: {
        x: { ...axes.x, min: Math.min(...cars.map(({ box }) => box[0])) - 200, max: Math.max(...cars.map(({ box }) => box[4])) + 200, ticks: { maxRotation: 0, autoSkipPadding: 20, callback: (ms) => time(ms).slice(0, -2) } },
        y: { grid: { display: false }, ticks: { autoSkip: false } },
      },
      interaction: { mode: "index", axis: "y", intersect: false },
      plugins: { tooltip: { displayColors: false, callbacks: { title: ([{ dataIndex }]) => cars[dataIndex].label, label: ({ dataIndex }) => told(cars[dataIndex]) } } },
    },
    plugins: [whiskers],
  });
  const shades = () => {
    set.backgroundColor = cars.map((_, index) => colour(index === set.chosen ? "--color-base-300" : "--color-base-200"));
    set.borderColor = cars.map((_, index) => colour(index === set.chosen ? "--color-primary" : "--color-muted"));
  };
  chart.shades = shades;
  const bringOut = (chosen) => {
    set.chosen = chosen;
    shades();
    chart.update();
    fold.querySelector("[role=status]").textContent = chosen < 0 ? "" : `${cars[chosen].label}: ${told(cars[chosen]).join(". ")}`;
  };
  const select = choose(fold, cars, bringOut);
  bringOut(-1);
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    select.value = String(Math.min(Math.max(Number(select.value) + by, 0), cars.length - 1));
    bringOut(Number(select.value));
  });
};

// A car's laps, out of the rows of the table below.
const car = (canvas, fold) => {
  const laps = [...document.querySelectorAll("#every-lap tbody tr")].map(({ dataset }) => ({ number: dataset.lap, ms: dataset.ms ? Number(dataset.ms) : null, valid: dataset.invalid === undefined, pit: dataset.pit !== undefined }));
  const marks = ({ valid, pit }) => `${valid ? "" : ", not valid"}${pit ? ", in the pits" : ""}`;
  const point = { clip: 8, tension: 0, borderWidth: 2 };
  const chart = plot(canvas, {
    type: "line",
    data: {
      labels: laps.map(({ number }) => number),
      datasets: [
        { ...point, tone: "--color-primary", data: laps.map(({ ms }) => ms), pointRadius: laps.map(({ valid }) => (valid ? 3 : 0)), pointHoverRadius: 6 },
        { ...point, tone: "--color-error", data: laps.map(({ ms, valid }) => (valid ? null : ms)), showLine: false, pointStyle: "crossRot", pointRadius: 5, pointHoverRadius: 8 },
      ],
    },
    options: {
      ...look,
      layout: { padding: { top: 10, right: 10 } },
      scales: { x: { ...axes.x, title: { display: true, text: "Lap" } }, y: { ticks: { callback: (ms) => time(ms).slice(0, -2) } } },
      plugins: { tooltip: { displayColors: false, filter: ({ datasetIndex }) => datasetIndex === 0, callbacks: { title: ([{ label: lap }]) => `Lap ${lap}`, label: ({ dataIndex }) => `${time(laps[dataIndex].ms)}${marks(laps[dataIndex])}` } } },
    },
  });
  byKeyboard(canvas, laps.length, (lap) => {
    const active = lap < 0 || laps[lap].ms === null ? [] : [{ datasetIndex: 0, index: lap }];
    chart.setActiveElements(active);
    chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
    chart.update();
    fold.querySelector("[role=status]").textContent = lap < 0 ? "" : `Lap ${laps[lap].number}: ${laps[lap].ms === null ? "no time" : time(laps[lap].ms)}${marks(laps[lap])}`;
  });
};

const open = async (fold) => {
  if (!fold.open || fold.dataset.drawn) return;
  fold.dataset.drawn = "yes";
  const canvas = fold.querySelector("canvas");
  const loading = fold.querySelector(".lap-loading");
  const kind = fold.dataset.lapChart;
  if (kind === "car") return car(canvas, fold);
  try {
    const found = await figures(fold.dataset.laps);
    canvas.parentElement.parentElement.hidden = false;
    if (kind === "pace") boxes(canvas, found, fold);
    else lines(canvas, found, kind, fold);
    loading.remove();
  } catch (error) {
    delete fold.dataset.drawn;
    canvas.parentElement.parentElement.hidden = true;
    loading.textContent = error instanceof TypeError || !error.message ? "The figures did not come: close it, and open it again." : error.message;
  }
};

const FOLDS = "details[data-lap-chart]";
document.addEventListener("toggle", ({ target }) => { if (target.matches?.(FOLDS)) open(target); }, true);
for (const fold of document.querySelectorAll(`${FOLDS}[open]`)) open(fold);

// Boxes have a colour each.
const shade = () => { for (const chart of charts) if (chart.shades) { chart.shades(); chart.update(); } };
document.addEventListener("simlane:theme", shade);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", shade);

// Paper is light, and narrower than a screen.
let theme;
addEventListener("beforeprint", () => {
  theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
  for (const chart of charts) chart.stop().resize(PAPER, chart.height);
  repaint();
  shade();
});
addEventListener("afterprint", () => {
  if (theme === undefined) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const chart of charts) chart.resize();
  repaint();
  shade();
});
