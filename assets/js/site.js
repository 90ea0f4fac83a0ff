// What every page shares: htmx, and the choice of light or dark.
import htmx from "htmx.org";

window.htmx = htmx;

const THEMES = ["auto", "light", "dark"];
const current = () => document.documentElement.dataset.theme ?? "auto";

const show = (button) => {
  const theme = current();
  const label = { auto: "as the system", light: "light", dark: "dark" }[theme];
  button.setAttribute("aria-label", `Colours: ${label}. Change`);
  button.dataset.current = theme;
};

const toggle = document.getElementById("theme-toggle");
if (toggle) {
  toggle.hidden = false;
  show(toggle);
  toggle.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length];
    if (next === "auto") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem("theme");
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem("theme", next);
    }
    show(toggle);
    document.dispatchEvent(new CustomEvent("simlane:theme"));
  });
}

// A form that updates in place leaves its empty fields out of the address.
document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, verb } = event.detail;
  if (verb !== "get") return;
  for (const [name, value] of Object.entries(parameters)) if (value === "") delete parameters[name];
});

// After paging in place, the reader starts at the top of the list again.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.requestConfig?.elt?.closest?.("[data-paging]")) {
    const results = document.getElementById("results");
    results?.focus({ preventScroll: true });
    results?.scrollIntoView({ block: "start" });
  }
});

// A step inside the account's pages is a new page to the reader: a screen reader starts at its beginning.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.target?.id !== "results" || !document.querySelector(".account")) return;
  // What follows by itself leaves the reader where they are.
  if (event.detail.requestConfig.elt?.id === "results") return;
  const results = document.getElementById("results");
  results?.focus({ preventScroll: true });
  results?.scrollIntoView({ block: "nearest" });
});

// A chart's script comes with the first chart of its kind that is opened; it draws what is open by then.
document.addEventListener("toggle", ({ target }) => {
  const source = target.open ? target.dataset?.script : undefined;
  if (!source || document.querySelector(`script[src="${source}"]`)) return;
  document.head.append(Object.assign(document.createElement("script"), { src: source }));
}, true);

// "Copy": the field it names, or its own text. Without a clipboard (plain HTTP) the field is selected and copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-text]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy ?? "");
  field?.select();
  try {
    await navigator.clipboard.writeText(field?.value ?? button.dataset.copyText);
  } catch {
    if (!field || !document.execCommand("copy")) return;
  }
  const before = button.innerHTML;
  button.textContent = "Copied";
  setTimeout(() => { button.innerHTML = before; }, 2000);
});

// Files dropped on an upload form are chosen in its field; its button sends them as ever.
const drop = document.querySelector("form[data-drop]");
if (drop) {
  const field = drop.querySelector("input[type=file]");
  const over = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => {
    if (!over(event)) return;
    event.preventDefault();
    drop.dataset.drop = "over";
  });
  drop.addEventListener("dragleave", (event) => { if (!drop.contains(event.relatedTarget)) drop.dataset.drop = ""; });
  drop.addEventListener("drop", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    drop.dataset.drop = "";
    field.files = event.dataTransfer.files;
    field.focus();
  });
}
