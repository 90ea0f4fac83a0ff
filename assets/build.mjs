// Builds everything a page loads into simlane/static/build: one stylesheet, eight scripts, two fonts, one sprite.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../simlane/static/build");
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "fonts"), { recursive: true });

execFileSync("node", [join(here, "node_modules/@tailwindcss/cli/dist/index.mjs"), "-i", "css/site.css", "-o", join(out, "site.css"), "--minify"], { cwd: here, stdio: ["ignore", "ignore", "inherit"] });

// theme.js and moments.js run before the first paint; the others after the page is there. rehearsal.js is copied into each report.
await build({ entryPoints: ["theme", "moments", "site", "chart", "rating", "standings", "laps", "rollout", "rehearsal"].map((name) => join(here, `js/${name}.js`)), outdir: out, bundle: true, minify: true, format: "iife", target: "es2020", legalComments: "none", logLevel: "warning" });

for (const subset of ["latin", "latin-ext"]) {
  cpSync(join(here, `node_modules/@fontsource-variable/archivo/files/archivo-${subset}-wdth-normal.woff2`), join(out, `fonts/archivo-${subset}.woff2`));
}

// Only the icons that the templates name: {% include "components/_icon.html" with name="search" %}.
const icons = new Set();
const named = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) named(path);
    else if (entry.name.endsWith(".html")) {
      for (const match of readFileSync(path, "utf8").matchAll(/_icon\.html" with name="([a-z0-9-]+)"/g)) icons.add(match[1]);
    }
  }
};
named(join(here, "../simlane"));
const symbols = [...icons].sort().map((name) => {
  const svg = readFileSync(join(here, `node_modules/lucide-static/icons/${name}.svg`), "utf8");
  const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
});
writeFileSync(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
