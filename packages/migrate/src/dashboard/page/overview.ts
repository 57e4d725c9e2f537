import { byId, el, setAttribute, setText } from "./dom.ts";
import type { PageRun, TenantState } from "./page-data.ts";
import type { Store } from "./store.ts";
import { count, durationText, states, stateWord, tenantsText, timeText } from "./words.ts";

const runWords: Readonly<Record<PageRun["state"], string>> = {
  running: "Running",
  done: "Done",
  partial: "Some failed",
  halted: "Halted",
  interrupted: "Interrupted",
  abandoned: "Abandoned",
};

/** The head of the page: which run, how far it is, and how many tenants are in which state. */
export function createOverview(store: Store): { draw: (now: number) => void } {
  const bar = byId("bar");
  const parts = new Map<TenantState, HTMLElement>();
  const chips = new Map<TenantState, { button: HTMLButtonElement; number: HTMLElement }>();
  for (const state of states) {
    const number = el("span", { class: "number" }, "0");
    const label = el("span", { class: "label" }, el("i", { class: `dot ${state}` }), stateWord(state));
    const button = el("button", { type: "button", class: "chip", "aria-pressed": "false" }, number, label);
    button.addEventListener("click", () => {
      store.setFilter({ state: store.filter.state === state ? undefined : state });
    });
    chips.set(state, { button, number });
    byId("chips").append(button);
  }
  for (const state of ["failed", "migrated", "up-to-date", "running"] as const) {
    const part = el("i", { class: state });
    parts.set(state, part);
    bar.append(part);
  }
  const pace = new Pace();
  return {
    draw: (now) => {
      const { run } = store;
      document.body.classList.toggle("empty", run === undefined);
      if (run === undefined) return;
      const counts = store.counts();
      const total = store.tenants.length;
      const done = total - counts.waiting - counts.running;
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      document.title = `${run.state === "running" ? `${percent} %` : runWords[run.state]} · ${run.command} · Litefleet`;
      setText(byId("title"), `${run.command} · ${run.dir.split(/[/\\]/u).findLast((part) => part !== "") ?? run.dir}`);
      setText(byId("state"), runWords[run.state]);
      setAttribute(byId("state"), "class", `pill ${run.state}`);
      setText(byId("facts"), factsOf(run));
      setText(byId("pace"), paceOf(run, done, total, now, pace.rate(run, done, now)));
      for (const [state, part] of parts) {
        // The few that failed are seen among many.
        part.style.minWidth = counts[state] === 0 ? "0" : "3px";
        part.style.width = `${total === 0 ? 0 : (counts[state] / total) * 100}%`;
      }
      setAttribute(bar, "aria-valuenow", String(percent));
      setAttribute(
        bar,
        "aria-valuetext",
        `${count(done)} of ${tenantsText(total)} done, ${count(counts.failed)} failed`,
      );
      for (const [state, { button, number }] of chips) {
        setText(number, count(counts[state]));
        setAttribute(button, "aria-pressed", String(store.filter.state === state));
      }
      setText(byId("summary"), `${runWords[run.state]}. ${count(counts.failed)} of ${tenantsText(total)} failed.`);
    },
  };
}

function factsOf({ id, dir, source, holder, startedAt }: PageRun): string {
  return `Run ${id} · ${timeText(startedAt)} · ${dir} (${source}) · ${holder}`;
}

/** How many tenants a second are done, as this page saw it: a run that was resumed has stood still in between. */
class Pace {
  #id = "";
  #seen: { readonly at: number; readonly done: number }[] = [];

  rate({ id, state, startedAt, endedAt }: PageRun, done: number, now: number): number {
    if (state !== "running") return endedAt === undefined ? 0 : (done * 1000) / Math.max(1, endedAt - startedAt);
    if (this.#id !== id) this.#seen = [];
    this.#id = id;
    const last = this.#seen.at(-1);
    if (last === undefined || now - last.at >= 500) this.#seen.push({ at: now, done });
    this.#seen = this.#seen.filter(({ at }) => now - at <= 20_000);
    const first = this.#seen[0];
    return first === undefined || now - first.at < 1_000 ? 0 : ((done - first.done) * 1000) / (now - first.at);
  }
}

/** How long it takes, how fast it goes, how long it will take. */
function paceOf(run: PageRun, done: number, total: number, now: number, rate: number): string {
  const isRunning = run.state === "running";
  const elapsed = Math.max(0, (run.endedAt ?? (isRunning ? now : run.heartbeatAt)) - run.startedAt);
  const parts = [`${count(done)} of ${count(total)}`, durationText(elapsed)];
  if (rate > 0) parts.push(`${rate >= 10 ? count(Math.round(rate)) : rate.toFixed(1)} tenants/s`);
  if (isRunning && rate > 0 && done < total) parts.push(`about ${durationText(((total - done) / rate) * 1000)} left`);
  return parts.join(" · ");
}
