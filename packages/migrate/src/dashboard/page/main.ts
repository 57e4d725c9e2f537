import { createDetail } from "./detail.ts";
import { byId, el, setAttribute } from "./dom.ts";
import { createGrid } from "./grid.ts";
import { follow } from "./live.ts";
import { createOverview } from "./overview.ts";
import { createErrors, createSlowest, createWaves } from "./side.ts";
import { Store } from "./store.ts";
import { createTable } from "./table.ts";
import { installTheme } from "./theme.ts";

const store = new Store();
const open = createDetail(store);
const overview = createOverview(store);
const grid = createGrid(store, open);
const waves = createWaves(store);
const errors = createErrors(store);
const slowest = createSlowest(store, open);
const table = createTable(store, open);

const search = byId("search");
if (search instanceof HTMLInputElement) {
  search.addEventListener("input", () => store.setFilter({ text: search.value }));
  byId("clear").addEventListener("click", () => {
    search.value = "";
    store.setFilter({ text: "", state: undefined, error: undefined });
    search.focus();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
}

const runs = byId("runs");
if (runs instanceof HTMLSelectElement) {
  runs.addEventListener("change", () => {
    location.search = runs.value === "" ? "" : `?run=${encodeURIComponent(runs.value)}`;
  });
}

let shownRuns = "";
/** The other runs; only where a server can show them. */
function drawRuns(): void {
  const key = JSON.stringify([store.runs, store.run?.id]);
  runs.hidden = store.runs.length === 0;
  if (key === shownRuns) return;
  shownRuns = key;
  const options = store.runs.map(({ id, command, state }) => {
    const option = el("option", { value: id }, `${id} · ${command} · ${state}`);
    if (id === store.run?.id) setAttribute(option, "selected", "");
    return option;
  });
  runs.replaceChildren(...options);
}

store.onChange(() => {
  const now = Date.now();
  drawRuns();
  overview.draw(now);
  grid.draw();
  waves.draw(now);
  errors.draw();
  slowest.draw(now);
  table.draw();
});
installTheme(byId("theme"), () => store.changed());
follow(store);
// Times go on although nothing is told, and what is under way breathes.
setInterval(() => {
  if (store.run?.state !== "running" || document.hidden) return;
  const now = Date.now();
  overview.draw(now);
  waves.draw(now);
  slowest.draw(now);
  grid.draw();
}, 100);
store.changed();
