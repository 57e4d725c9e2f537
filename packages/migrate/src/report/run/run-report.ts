import type { RunRecord, RunTenant } from "../../run/run-record.ts";

/** A run with its tenants, as reports are made of it. */
export interface RunReport {
  readonly run: RunRecord;
  /** In the order in which they run. */
  readonly tenants: readonly RunTenant[];
}
