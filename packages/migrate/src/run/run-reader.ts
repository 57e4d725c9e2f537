import type { RunRecord, RunTenant, RunTenantState } from "./run-record.ts";

/** Reads the run ledger, also while a run writes it. */
export interface RunReader {
  /** The newest first. */
  list(options?: { readonly limit?: number }): Promise<RunRecord[]>;
  /** `undefined` for an id that is not there. The beginning of an id will do if only one begins so; `"latest"` is the newest. */
  get(id: string): Promise<RunRecord | undefined>;
  /** In the order in which they run. */
  tenants(
    id: string,
    options?: { readonly state?: RunTenantState; readonly limit?: number; readonly offset?: number },
  ): Promise<RunTenant[]>;
  close(): Promise<void>;
}
