import { byId, el } from "./dom.ts";
import type { PageTenant } from "./page-data.ts";
import type { Store } from "./store.ts";
import { durationText, stateWord, timeText } from "./words.ts";

/** Shows everything about one tenant. */
export function createDetail(store: Store): (tenant: PageTenant) => void {
  const dialog = byId("detail");
  if (!(dialog instanceof HTMLDialogElement)) throw new TypeError("#detail is no dialog");
  byId("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    // The dialog itself is hit only beside its content.
    if (event.target === dialog) dialog.close();
  });
  return (tenant) => {
    byId("detail-name").textContent = tenant.name;
    byId("detail-body").replaceChildren(...contentOf(tenant, store));
    if (!dialog.open) dialog.showModal();
  };
}

function contentOf(
  { target, state, wave, attempts, startedAt, durationMs, version, applied, pending, error }: PageTenant,
  store: Store,
): HTMLElement[] {
  const label = store.run?.waves[wave]?.label;
  const facts: [string, string | undefined][] = [
    ["State", stateWord(state)],
    ["Database", target],
    ["Version", version],
    ["Wave", label === undefined ? String(wave + 1) : `${wave + 1} (${label})`],
    ["Attempts", String(attempts)],
    ["Last attempt", startedAt === undefined ? undefined : timeText(startedAt)],
    ["Took", durationMs === undefined ? undefined : durationText(durationMs)],
  ];
  const list = el("dl");
  for (const [name, value] of facts) if (value !== undefined) list.append(el("dt", {}, name), el("dd", {}, value));
  const parts: HTMLElement[] = [list];
  if (error !== undefined) {
    const where = [
      error.code,
      error.migration,
      error.statementIndex === undefined ? undefined : `statement ${error.statementIndex + 1}`,
      error.causeCode,
    ];
    parts.push(
      el("h3", {}, "Error"),
      el("p", { class: "where" }, where.filter((part) => part !== undefined).join(" · ")),
      el("pre", {}, error.message),
    );
  }
  if (applied.length > 0) parts.push(el("h3", {}, "Applied in this run"), namesOf(applied));
  if (pending.length > 0) parts.push(el("h3", {}, "Still pending"), namesOf(pending));
  return parts;
}

function namesOf(names: readonly string[]): HTMLElement {
  return el("ul", {}, ...names.map((name) => el("li", {}, el("code", {}, name))));
}
