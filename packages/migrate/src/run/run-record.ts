import type { TenantError } from "../fleet/tenant-result.ts";

/**
 * What became of a run.
 *
 * - `"running"`: its holder is alive.
 * - `"done"`: every tenant is where it was to go.
 * - `"partial"`: all waves were run, and some tenants failed within the budget.
 * - `"halted"`: a guard stopped it: the failure budget, a health check, a plan that takes data away.
 * - `"interrupted"`: Ctrl-C; what was under way was finished and saved.
 * - `"abandoned"`: its holder died.
 */
export type RunState = "running" | "done" | "partial" | "halted" | "interrupted" | "abandoned";

/** What a tenant is at in a run; `"waiting"` and `"running"` of a run that is over are what `resume` goes on with. */
export type RunTenantState = "waiting" | "running" | "migrated" | "up-to-date" | "failed";

/** A tenant in this state is done with. */
export function isOver(state: RunTenantState): boolean {
  return state !== "waiting" && state !== "running";
}

/** Tenants of a run by state. */
export type RunCounts = Readonly<Record<RunTenantState, number>> & { readonly total: number };

/** One wave of a run. */
export interface RunWave {
  /** From 0. */
  readonly index: number;
  /** As it was asked for: `canary`, `1`, `5%`, `100%`. */
  readonly label: string;
  readonly state: "waiting" | "running" | "done" | "halted";
  /** Tenants in it. */
  readonly size: number;
  /** Milliseconds since 1970; `undefined` before. */
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** Why it was halted, in a sentence. */
  readonly reason: string | undefined;
}

/** One run as the run ledger keeps it. Holds no token. */
export interface RunRecord {
  /** Sorts by time: `20260301-142501-3f9a`. */
  readonly id: string;
  readonly command: "up" | "down";
  readonly state: RunState;
  /** The folder of migrations, absolute. */
  readonly dir: string;
  /** The folder's format. */
  readonly source: string;
  /** The folder's migrations, in order. */
  readonly migrations: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  /** Who runs it: `host:pid`. */
  readonly holder: string;
  /** When the holder last said that it is alive; milliseconds since 1970. */
  readonly heartbeatAt: number;
  readonly waves: readonly RunWave[];
  readonly counts: RunCounts;
}

/** One tenant of a run as the run ledger keeps it. */
export interface RunTenant {
  readonly name: string;
  /** Path or URL, without credentials. */
  readonly target: string;
  /** Index of its wave. */
  readonly wave: number;
  readonly state: RunTenantState;
  /** How often it was tried. */
  readonly attempts: number;
  /** Milliseconds since 1970 of the last attempt. */
  readonly startedAt: number | undefined;
  /** Of the last attempt. */
  readonly durationMs: number | undefined;
  /** Migrations that the run applied to it, in order. */
  readonly applied: readonly string[];
  /** What it still lacks, as far as that is known. */
  readonly pending: readonly string[];
  /**
   * Only in a run that goes a number of steps back: the migrations that it undoes on this tenant, newest first. Written down before the
   * tenant is changed.
   */
  readonly undo?: readonly string[];
  /** The newest migration that it has; `undefined` for none or where that is not known. */
  readonly version: string | undefined;
  /** Only for `"failed"`. */
  readonly error: TenantError | undefined;
}
