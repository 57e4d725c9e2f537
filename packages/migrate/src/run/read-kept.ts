import type { Client } from "@litefleet/driver";
import type { KeptSettings } from "./fleet-run.ts";
import { readTenant } from "./ledger-rows.ts";
import type { RunTenant } from "./run-record.ts";

/** A tenant of a run, and what was kept of how it is opened. */
export interface KeptTenantRow {
  readonly tenant: RunTenant;
  readonly kept: string;
}

/** The tenants of a run, by place. */
export async function readKeptTenants(client: Client, run: string): Promise<KeptTenantRow[]> {
  const { rows } = await client.execute({
    sql: "SELECT * FROM litefleet_run_tenants WHERE run = ? ORDER BY place",
    args: [run],
  });
  return rows.map((row) => ({ tenant: readTenant(row), kept: String(row["config"]) }));
}

/** What a run was told to do. */
export async function readSettings(client: Client, run: string): Promise<KeptSettings> {
  const { rows } = await client.execute({ sql: "SELECT options FROM litefleet_runs WHERE id = ?", args: [run] });
  return JSON.parse(String(rows[0]?.["options"])) as KeptSettings;
}
