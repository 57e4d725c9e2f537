import { byId, el, reconcile, setText } from "./dom.ts";
import { cellSize, GridCanvas } from "./grid-canvas.ts";
import type { PageTenant } from "./page-data.ts";
import type { Store, VersionGroup } from "./store.ts";
import { count, durationText, stateWord, tenantsText } from "./words.ts";

interface Section {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly note: HTMLElement;
  readonly canvas: GridCanvas;
}

/** The fleet as a grid: a part for each version, a cell for each tenant. */
export function createGrid(store: Store, open: (tenant: PageTenant) => void): { draw: () => void } {
  const host = byId("grid");
  const sections = new Map<string, Section>();
  const kept = new Map<string, HTMLElement>();
  const tip = byId("tip");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const draw = (): void => {
    const groups = store.versions();
    const make = (group: VersionGroup): HTMLElement => {
      const section = createSection(store, tip, open, draw);
      sections.set(group.key, section);
      return section.element;
    };
    reconcile(
      host,
      groups,
      ({ key }) => key,
      make,
      () => {},
      kept,
    );
    const width = host.clientWidth;
    const { matches, isFiltered } = store;
    const pulse = calm.matches ? 1 : 0.7 + 0.3 * Math.sin(performance.now() / 350);
    const look = {
      cell: cellSize(store.tenants.length, width),
      isMatch: (tenant: PageTenant) => !isFiltered || matches.has(tenant),
      pulse,
    };
    for (const { key, label, tenants } of groups) {
      const section = sections.get(key);
      if (section === undefined) continue;
      setText(section.title, label);
      const failed = tenants.filter(({ state }) => state === "failed").length;
      const note = `${tenantsText(tenants.length)}${failed === 0 ? "" : `, ${count(failed)} failed`}`;
      setText(section.note, note);
      const shown = isFiltered ? ` ${count(tenants.filter((tenant) => matches.has(tenant)).length)} match.` : "";
      section.canvas.element.setAttribute(
        "aria-label",
        `Tenants at ${label}: ${note}.${shown} Arrow keys move, Enter opens. All are in the table below.`,
      );
      section.canvas.draw(tenants, width, look);
    }
  };
  new ResizeObserver(() => store.changed()).observe(host);
  return { draw };
}

function createSection(
  store: Store,
  tip: HTMLElement,
  open: (tenant: PageTenant) => void,
  redraw: () => void,
): Section {
  const canvas = new GridCanvas();
  const { element: drawing } = canvas;
  drawing.tabIndex = 0;
  drawing.setAttribute("role", "application");
  drawing.setAttribute("aria-roledescription", "grid of tenants");
  const title = el("h3");
  const note = el("span", { class: "quiet" });
  const element = el("section", { class: "version" }, el("header", {}, title, note), drawing);

  const showTip = (tenant: PageTenant | undefined, left: number, top: number): void => {
    tip.hidden = tenant === undefined;
    if (tenant === undefined) return;
    tip.replaceChildren(el("strong", {}, tenant.name), el("span", {}, describe(tenant)));
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(left, room))}px`;
    tip.style.top = `${top}px`;
  };
  const tenantAt = (event: MouseEvent): PageTenant | undefined => {
    const place = canvas.placeAt(event.offsetX, event.offsetY);
    return place === undefined ? undefined : canvas.tenants[place];
  };
  drawing.addEventListener("mousemove", (event) => {
    const tenant = tenantAt(event);
    drawing.style.cursor = tenant === undefined ? "default" : "pointer";
    showTip(tenant, event.clientX + 14, event.clientY + 14);
  });
  drawing.addEventListener("mouseleave", () => showTip(undefined, 0, 0));
  drawing.addEventListener("click", (event) => {
    const tenant = tenantAt(event);
    if (tenant !== undefined) open(tenant);
  });
  const showCursor = (): void => {
    redraw();
    const tenant = canvas.cursor === undefined ? undefined : canvas.tenants[canvas.cursor];
    const { left, top } = canvas.cursorBox();
    showTip(tenant, left + 28, top + 28);
    if (tenant !== undefined) setText(byId("announcer"), `${tenant.name}: ${describe(tenant)}`);
  };
  drawing.addEventListener("keydown", (event) => {
    const tenant = canvas.cursor === undefined ? undefined : canvas.tenants[canvas.cursor];
    if ((event.key === "Enter" || event.key === " ") && tenant !== undefined) {
      event.preventDefault();
      open(tenant);
    } else if (canvas.moveCursor(event.key)) {
      event.preventDefault();
      showCursor();
    }
  });
  drawing.addEventListener("focus", () => {
    canvas.cursor ??= 0;
    // A click focuses too, and has a pointer to show what is there.
    if (drawing.matches(":focus-visible")) showCursor();
  });
  drawing.addEventListener("blur", () => {
    showTip(undefined, 0, 0);
    store.changed();
  });
  return { element, title, note, canvas };
}

function describe({ state, durationMs, error, version }: PageTenant): string {
  const parts = [stateWord(state)];
  if (error !== undefined) parts.push(error.code);
  if (durationMs !== undefined) parts.push(durationText(durationMs));
  if (version !== undefined) parts.push(`at ${version}`);
  return parts.join(", ");
}
