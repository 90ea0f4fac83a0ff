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
  const results = document.getElementById("results");
  results?.focus({ preventScroll: true });
  results?.scrollIntoView({ block: "nearest" });
});
