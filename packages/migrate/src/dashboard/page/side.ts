import { byId, el, reconcile, setAttribute, setText } from "./dom.ts";
import type { PageRun, PageTenant, PageWave } from "./page-data.ts";
import type { ErrorKind, Store } from "./store.ts";
import { count, durationText, tenantsText } from "./words.ts";

/** The waves on one axis of time. */
export function createWaves(store: Store): { draw: (now: number) => void } {
  const kept = new Map<string, HTMLElement>();
  const host = byId("waves");
  return {
    draw: (now) => {
      const { run } = store;
      const tallies = tallyWaves(store.tenants);
      const create = (): HTMLElement =>
        el(
          "li",
          {},
          el("div", { class: "wave-head" }, el("strong"), el("span", { class: "quiet" })),
          el(
            "div",
            { class: "track" },
            el("div", { class: "span" }, el("i", { class: "failed" }), el("i", { class: "migrated" })),
          ),
          el("p", { class: "reason" }),
        );
      const update = (element: HTMLElement, wave: PageWave): void => {
        if (run !== undefined) drawWave(element, wave, run, tallies.get(wave.index) ?? { done: 0, failed: 0 }, now);
      };
      reconcile(host, run?.waves ?? [], ({ index }) => String(index), create, update, kept);
    },
  };
}

interface WaveTally {
  done: number;
  failed: number;
}

function tallyWaves(tenants: readonly PageTenant[]): Map<number, WaveTally> {
  const tallies = new Map<number, WaveTally>();
  for (const { wave, state } of tenants) {
    const tally = tallies.get(wave) ?? { done: 0, failed: 0 };
    if (state !== "waiting" && state !== "running") tally.done += 1;
    if (state === "failed") tally.failed += 1;
    tallies.set(wave, tally);
  }
  return tallies;
}

function drawWave(element: HTMLElement, wave: PageWave, run: PageRun, { done, failed }: WaveTally, now: number): void {
  const { label, index, size, state, startedAt, endedAt, reason } = wave;
  const isRunning = run.state === "running";
  const end = run.endedAt ?? (isRunning ? now : run.heartbeatAt);
  const whole = Math.max(end - run.startedAt, 1);
  const from = startedAt ?? end;
  const to = endedAt ?? (startedAt === undefined ? end : Math.max(end, from));
  const span = element.querySelector<HTMLElement>(".span");
  const [failedPart, donePart] = element.querySelectorAll<HTMLElement>(".span i");
  if (span !== null && failedPart !== undefined && donePart !== undefined) {
    span.style.left = `${Math.min(99, ((from - run.startedAt) / whole) * 100)}%`;
    span.style.width = `${Math.max(startedAt === undefined ? 0 : 1, ((to - from) / whole) * 100)}%`;
    failedPart.style.minWidth = failed === 0 ? "0" : "3px";
    failedPart.style.width = `${size === 0 ? 0 : (failed / size) * 100}%`;
    donePart.style.width = `${size === 0 ? 0 : ((done - failed) / size) * 100}%`;
  }
  const words = {
    waiting: isRunning ? "waiting" : "not run",
    running: isRunning ? "running" : "not finished",
    done: "done",
    halted: "halted",
  };
  const parts = [`${count(done)}/${count(size)}`];
  if (failed > 0) parts.push(`${count(failed)} failed`);
  if (startedAt !== undefined) parts.push(durationText(to - from));
  setText(element.querySelector("strong") ?? element, `${index + 1}. ${label}`);
  setText(element.querySelector(".wave-head span") ?? element, `${words[state]} · ${parts.join(" · ")}`);
  setText(element.querySelector(".reason") ?? element, reason ?? "");
  setAttribute(element, "class", state);
}

/** The errors by kind; one that is chosen filters the fleet. */
export function createErrors(store: Store): { draw: () => void } {
  const kept = new Map<string, HTMLElement>();
  const host = byId("errors");
  const create = ({ key }: ErrorKind): HTMLElement => {
    const button = el(
      "button",
      { type: "button", class: "error" },
      el("span", { class: "badge" }),
      el("code"),
      el("span", { class: "message" }),
      el("span", { class: "quiet names" }),
    );
    button.addEventListener("click", () => {
      store.setFilter({ error: store.filter.error === key ? undefined : key });
    });
    return el("li", {}, button);
  };
  const update = (element: HTMLElement, { key, error, tenants }: ErrorKind): void => {
    const names = tenants.slice(0, 3).map(({ name }) => name);
    const more = tenants.length - names.length;
    const set = (selector: string, text: string): void => setText(element.querySelector(selector) ?? element, text);
    set(".badge", count(tenants.length));
    set("code", error.migration === undefined ? error.code : `${error.code} in ${error.migration}`);
    set(".message", error.message);
    set(".names", more === 0 ? names.join(", ") : `${names.join(", ")} and ${count(more)} more`);
    setAttribute(element.querySelector("button") ?? element, "aria-pressed", String(store.filter.error === key));
  };
  return {
    draw: () => {
      const kinds = store.errorKinds();
      byId("no-errors").hidden = kinds.length > 0;
      setText(
        byId("error-count"),
        kinds.length === 0 ? "" : `${kinds.length} ${kinds.length === 1 ? "kind" : "kinds"}`,
      );
      reconcile(host, kinds.slice(0, 50), ({ key }) => key, create, update, kept);
    },
  };
}

/** Those under way for the longest time, or, when none is, those that took the longest. */
export function createSlowest(store: Store, open: (tenant: PageTenant) => void): { draw: (now: number) => void } {
  const kept = new Map<string, HTMLElement>();
  const host = byId("slowest");
  return {
    draw: (now) => {
      const isRunning = store.run?.state === "running";
      const took = ({ state, startedAt, durationMs }: PageTenant): number =>
        state === "running" && startedAt !== undefined ? now - startedAt : (durationMs ?? 0);
      const running = isRunning ? store.tenants.filter(({ state }) => state === "running") : [];
      const from = running.length > 0 ? running : store.tenants;
      setText(byId("slowest-title"), running.length > 0 ? "Slowest under way" : "Slowest");
      const slowest = from
        .filter((tenant) => took(tenant) > 0)
        .toSorted((a, b) => took(b) - took(a))
        .slice(0, 5);
      const most = Math.max(1, ...slowest.map(took));
      const create = ({ name }: PageTenant): HTMLElement => {
        const button = el("button", { type: "button", class: "link" }, name);
        button.addEventListener("click", () => {
          const tenant = store.tenants.find((one) => one.name === name);
          if (tenant !== undefined) open(tenant);
        });
        return el("li", {}, button, el("span", { class: "meter" }, el("i")), el("span", { class: "quiet time" }));
      };
      const update = (element: HTMLElement, tenant: PageTenant): void => {
        const meter = element.querySelector<HTMLElement>(".meter i");
        if (meter !== null) meter.style.width = `${(took(tenant) / most) * 100}%`;
        setText(element.querySelector(".time") ?? element, durationText(took(tenant)));
      };
      byId("slowest-card").hidden = slowest.length === 0;
      reconcile(host, slowest, ({ name }) => name, create, update, kept);
    },
  };
}

/** What a list of tenants is about, for people. */
export function matchText(store: Store): string {
  return store.isFiltered
    ? `${count(store.matches.size)} of ${tenantsText(store.tenants.length)}`
    : tenantsText(store.tenants.length);
}
