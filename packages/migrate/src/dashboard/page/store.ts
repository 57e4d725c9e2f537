import type { PageError, PageRun, PageTenant, Patch, RunChoice, Snapshot, TenantState } from "./page-data.ts";

/** Which tenants are looked at. */
export interface Filter {
  readonly text: string;
  readonly state: TenantState | undefined;
  /** A key of {@link errorKey}. */
  readonly error: string | undefined;
}

/** Errors of one kind. */
export interface ErrorKind {
  readonly key: string;
  readonly error: PageError;
  readonly tenants: readonly PageTenant[];
}

/** Tenants of one version. */
export interface VersionGroup {
  readonly key: string;
  readonly label: string;
  readonly tenants: readonly PageTenant[];
}

/** The run that is shown, what is derived from it, and which part of it is looked at. */
export class Store {
  run: PageRun | undefined;
  runs: readonly RunChoice[] = [];
  filter: Filter = { text: "", state: undefined, error: undefined };
  #tenants: PageTenant[] = [];
  readonly #places = new Map<string, number>();
  readonly #listeners: (() => void)[] = [];
  #isTold = false;
  #matches: ReadonlySet<PageTenant> | undefined;

  get tenants(): readonly PageTenant[] {
    return this.#tenants;
  }

  /** `listener` is called once a frame after changes. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  setSnapshot({ run, tenants, runs }: Snapshot): void {
    this.run = run;
    this.runs = runs;
    this.#tenants = [...tenants];
    this.#places.clear();
    for (const [place, { name }] of tenants.entries()) this.#places.set(name, place);
    this.changed();
  }

  apply({ run, tenants }: Patch): void {
    this.run = run;
    for (const tenant of tenants) {
      const place = this.#places.get(tenant.name) ?? this.#tenants.length;
      this.#places.set(tenant.name, place);
      this.#tenants[place] = tenant;
    }
    this.changed();
  }

  setFilter(filter: Partial<Filter>): void {
    this.filter = { ...this.filter, ...filter };
    this.changed();
  }

  changed(): void {
    this.#matches = undefined;
    if (this.#isTold) return;
    this.#isTold = true;
    requestAnimationFrame(() => {
      this.#isTold = false;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Something is looked for. */
  get isFiltered(): boolean {
    const { text, state, error } = this.filter;
    return text.trim() !== "" || state !== undefined || error !== undefined;
  }

  /** The tenants that are looked at. */
  get matches(): ReadonlySet<PageTenant> {
    this.#matches ??= new Set(this.#tenants.filter((tenant) => isMatch(tenant, this.filter)));
    return this.#matches;
  }

  counts(): Record<TenantState, number> {
    const counts = { failed: 0, running: 0, migrated: 0, "up-to-date": 0, waiting: 0 };
    for (const { state } of this.#tenants) counts[state] += 1;
    return counts;
  }

  /** The most frequent first. */
  errorKinds(): ErrorKind[] {
    const kinds = new Map<string, { key: string; error: PageError; tenants: PageTenant[] }>();
    for (const tenant of this.#tenants) {
      const { error } = tenant;
      if (error === undefined || tenant.state !== "failed") continue;
      const key = errorKey(error);
      const kind = kinds.get(key) ?? { key, error, tenants: [] };
      kind.tenants.push(tenant);
      kinds.set(key, kind);
    }
    return [...kinds.values()].toSorted((a, b) => b.tenants.length - a.tenants.length);
  }

  /** The newest version first, and what is not known last. */
  versions(): VersionGroup[] {
    const order = new Map((this.run?.migrations ?? []).map((name, place) => [name, place]));
    const groups = new Map<string, { key: string; label: string; tenants: PageTenant[] }>();
    for (const tenant of this.#tenants) {
      const { version, state } = tenant;
      const isOver = state !== "waiting" && state !== "running";
      const key = version === undefined ? (isOver ? "none" : "open") : `at ${version}`;
      const label = version ?? (isOver ? "No migration" : "Not run yet");
      const group = groups.get(key) ?? { key, label, tenants: [] };
      group.tenants.push(tenant);
      groups.set(key, group);
    }
    const rank = ({ key, label }: VersionGroup): number =>
      key === "open" ? -2 : key === "none" ? -1 : (order.get(label) ?? order.size);
    return [...groups.values()].toSorted((a, b) => rank(b) - rank(a));
  }
}

/** Errors with the same key are of one kind. */
function errorKey({ code, migration, statementIndex, causeCode }: PageError): string {
  return JSON.stringify([code, migration, statementIndex, causeCode]);
}

function isMatch(tenant: PageTenant, { text, state, error }: Filter): boolean {
  if (state !== undefined && tenant.state !== state) return false;
  if (error !== undefined && (tenant.error === undefined || errorKey(tenant.error) !== error)) return false;
  const words = text.trim().toLowerCase();
  if (words === "") return true;
  const { name, target, version = "", error: { code = "", message = "" } = {} } = tenant;
  return [name, target, version, code, message].some((field) => field.toLowerCase().includes(words));
}
