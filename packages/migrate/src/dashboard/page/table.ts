import { byId, el, reconcile, setAttribute, setText } from "./dom.ts";
import type { PageTenant } from "./page-data.ts";
import { matchText } from "./side.ts";
import type { Store } from "./store.ts";
import { count, durationText, states, stateWord } from "./words.ts";

const step = 50;

/** The tenants that are looked at, as a table: the failed ones first. */
export function createTable(store: Store, open: (tenant: PageTenant) => void): { draw: () => void } {
  const body = byId("rows");
  const more = byId("more");
  const kept = new Map<string, HTMLElement>();
  let shown = step;
  let filter = store.filter;
  more.addEventListener("click", () => {
    shown += step * 10;
    store.changed();
  });
  const create = ({ name }: PageTenant): HTMLElement => {
    const button = el("button", { type: "button", class: "link" }, name);
    button.addEventListener("click", () => {
      const tenant = store.tenants.find((one) => one.name === name);
      if (tenant !== undefined) open(tenant);
    });
    const state = el("td", {}, el("i", { class: "dot" }), el("span"));
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, button),
      state,
      el("td"),
      el("td", { class: "n" }),
      el("td", { class: "n" }),
      el("td"),
    );
  };
  const update = (row: HTMLElement, tenant: PageTenant): void => {
    const [state, version, wave, took, error] = row.querySelectorAll("td");
    if (state === undefined || version === undefined || wave === undefined || took === undefined || error === undefined)
      return;
    setAttribute(state.querySelector("i") ?? state, "class", `dot ${tenant.state}`);
    setText(state.querySelector("span") ?? state, stateWord(tenant.state));
    setText(version, tenant.version ?? "–");
    setText(wave, String(tenant.wave + 1));
    setText(took, tenant.durationMs === undefined ? "–" : durationText(tenant.durationMs));
    setText(error, tenant.error?.code ?? "");
  };
  return {
    draw: () => {
      if (filter !== store.filter) shown = step;
      ({ filter } = store);
      const byState = new Map(states.map((state): [string, PageTenant[]] => [state, []]));
      for (const tenant of store.matches) byState.get(tenant.state)?.push(tenant);
      const sorted = states.flatMap((state) => byState.get(state) ?? []);
      reconcile(body, sorted.slice(0, shown), ({ name }) => name, create, update, kept);
      setText(byId("matches"), matchText(store));
      more.hidden = sorted.length <= shown;
      setText(more, `Show more (${count(Math.max(0, sorted.length - shown))} left)`);
      byId("nothing").hidden = sorted.length > 0 || store.run === undefined;
      byId("clear").hidden = !store.isFiltered;
    },
  };
}
