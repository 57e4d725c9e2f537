import type { RunRecord, RunTenant, RunWave } from "./run-record.ts";

/** What happens in a run over a fleet, in order. Each has been written to the run ledger before it is told. */
export type RunEvent =
  | { readonly type: "run-start"; readonly run: RunRecord }
  | { readonly type: "wave-start"; readonly wave: RunWave }
  | { readonly type: "tenant-start"; readonly tenant: RunTenant }
  /** An attempt failed in a way that may pass; the next one begins after `delayMs`. */
  | { readonly type: "tenant-retry"; readonly tenant: RunTenant; readonly delayMs: number }
  | { readonly type: "tenant-end"; readonly tenant: RunTenant }
  | { readonly type: "wave-end"; readonly wave: RunWave }
  /** The pause between two waves begins. */
  | { readonly type: "pause"; readonly durationMs: number }
  | { readonly type: "run-end"; readonly run: RunRecord };

/** Hears of {@link RunEvent}s. What it throws ends the run as an interrupt would. */
export type RunListener = (event: RunEvent) => void;
