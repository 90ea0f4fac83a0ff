// Shows every instant of a page in the visitor's zone; its title says it in UTC. An observer does it while the page is
// read, so before it is painted: nothing moves. What htmx swaps in is seen likewise.
import { inUTC, inWords, zone } from "./zone.js";

const show = (element) => {
  const { when, since } = element.dataset;
  const words = inWords(element.dateTime, when, since);
  if (words === null) return;
  if (element.textContent !== words) element.textContent = words;
  element.title = inUTC(element.dateTime);
};

const isInstant = (node) => node?.localName === "time" && node.dataset.when;

const observer = new MutationObserver((records) => {
  // Text that the parser brought after its element.
  for (const { target } of records) for (const node of [target, target.parentNode]) if (isInstant(node)) show(node);
  for (const element of document.querySelectorAll("time[data-when]:not([title])")) show(element);
  for (const element of document.querySelectorAll("[data-zone]")) {
    const words = `All times are in your zone, ${zone.replaceAll("_", " ")}.`;
    if (zone !== "UTC" && element.textContent !== words) element.textContent = words;
  }
  observer.takeRecords();
});

if (inWords("2026-01-01T00:00:00Z")) observer.observe(document, { childList: true, characterData: true, subtree: true });
