import type { RunReader } from "../../run/run-reader.ts";
import type { RunRecord, RunTenant } from "../../run/run-record.ts";

/** A run with its tenants, as reports are made of it. */
export interface RunReport {
  readonly run: RunRecord;
  /** In the order in which they run. */
  readonly tenants: readonly RunTenant[];
}

/** Reads a run from the ledger; `undefined` for one that is not there. */
export async function readReport(reader: RunReader, id: string): Promise<RunReport | undefined> {
  const run = await reader.get(id);
  return run && { run, tenants: await reader.tenants(run.id) };
}
