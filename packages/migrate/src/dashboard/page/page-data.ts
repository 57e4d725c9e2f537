/** What a tenant is at in a run. */
export type TenantState = "waiting" | "running" | "migrated" | "up-to-date" | "failed";

/** One wave, as the page gets it. Times are milliseconds since 1970. */
export interface PageWave {
  readonly index: number;
  readonly label: string;
  readonly state: "waiting" | "running" | "done" | "halted";
  readonly size: number;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
  readonly reason?: string | undefined;
}

/** A run, as the page gets it. */
export interface PageRun {
  readonly id: string;
  readonly command: string;
  readonly state: "running" | "done" | "partial" | "halted" | "interrupted" | "abandoned";
  readonly dir: string;
  readonly source: string;
  readonly migrations: readonly string[];
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  readonly heartbeatAt: number;
  readonly holder: string;
  readonly waves: readonly PageWave[];
}

/** A tenant, as the page gets it. */
export interface PageTenant {
  readonly name: string;
  readonly target: string;
  readonly wave: number;
  readonly state: TenantState;
  readonly attempts: number;
  readonly startedAt?: number | undefined;
  readonly durationMs?: number | undefined;
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  readonly version?: string | undefined;
  readonly error?: PageError | undefined;
}

/** Why a tenant failed. */
export interface PageError {
  readonly code: string;
  readonly message: string;
  readonly migration?: string;
  readonly statementIndex?: number;
  readonly causeCode?: string;
}

/** A run that can be looked at instead. */
export interface RunChoice {
  readonly id: string;
  readonly command: string;
  readonly state: string;
}

/** Everything that the page shows. No run if there is none, or not the one that was asked for. */
export interface Snapshot {
  readonly run?: PageRun | undefined;
  /** In the order in which they run. */
  readonly tenants: readonly PageTenant[];
  /** The newest first. */
  readonly runs: readonly RunChoice[];
}

/** What has changed since the last snapshot or patch. */
export interface Patch {
  readonly run: PageRun;
  readonly tenants: readonly PageTenant[];
}
