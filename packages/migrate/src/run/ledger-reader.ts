import type { Client } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import { isAlive } from "./holder.ts";
import { readRun, readTenant } from "./ledger-rows.ts";
import { defaultLedger, openLedger } from "./open-ledger.ts";
import type { RolloutOptions } from "./rollout-options.ts";
import type { RunReader } from "./run-reader.ts";
import type { RunRecord, RunTenant } from "./run-record.ts";

/** Where a run ledger lies. */
export interface RunsOptions {
  /** Default: `.litefleet/runs.db` in `cwd`. */
  readonly ledger?: Exclude<RolloutOptions["ledger"], false>;
  /** Default: the working directory. */
  readonly cwd?: string;
}

/**
 * Opens a run ledger for reading, also while a run writes it. Close it in the end.
 *
 * @throws {MigrateError} `RUN_UNKNOWN` if the file is not there, `RUN_LEDGER_FAILED` if it cannot be read.
 * @example
 * const runs = await openRuns({ ledger: ".litefleet/runs.db" });
 * const [last] = await runs.list({ limit: 1 });
 * await runs.close();
 */
export async function openRuns({ ledger = defaultLedger, cwd }: RunsOptions = {}): Promise<RunReader> {
  return createRunReader(await openLedger(ledger, cwd, true));
}

/** A reader on a client, which it closes. */
export function createRunReader(client: Client): RunReader {
  return {
    async list({ limit = -1 } = {}) {
      const { rows } = await client.execute({
        sql: "SELECT * FROM litefleet_runs ORDER BY started_at DESC, id DESC LIMIT ?",
        args: [limit],
      });
      return rows.map(readAsItIs);
    },
    get: (id) => findRun(client, id),
    async tenants(id, { state, limit = -1, offset = 0 } = {}) {
      const run = await findRun(client, id);
      if (run === undefined) return [];
      const { rows } = await client.execute({
        sql: "SELECT * FROM litefleet_run_tenants WHERE run = ? AND (? IS NULL OR state = ?) ORDER BY wave, place LIMIT ? OFFSET ?",
        args: [run.id, state ?? null, state ?? null, limit, offset],
      });
      return rows.map((row): RunTenant => readTenant(row));
    },
    async close() {
      client.close();
    },
  };
}

async function findRun(client: Client, id: string): Promise<RunRecord | undefined> {
  if (id === "latest") {
    const { rows } = await client.execute("SELECT * FROM litefleet_runs ORDER BY started_at DESC, id DESC LIMIT 1");
    return rows.map(readAsItIs)[0];
  }
  const { rows } = await client.execute({
    sql: "SELECT * FROM litefleet_runs WHERE substr(id, 1, length(?)) = ? LIMIT 2",
    args: [id, id],
  });
  const runs = rows.map(readAsItIs);
  return runs.find((run) => run.id === id) ?? (runs.length === 1 && id !== "" ? runs[0] : undefined);
}

/** A run whose holder has died could not write that down. */
function readAsItIs(row: Parameters<typeof readRun>[0]): RunRecord {
  const run = readRun(row);
  const isAbandoned = run.state === "running" && !isAlive(run, String(row["holder_started_at"]));
  return isAbandoned ? { ...run, state: "abandoned" } : run;
}

/** @throws {MigrateError} `RUN_UNKNOWN` */
export async function requireRun(reader: RunReader, id: string): Promise<RunRecord> {
  const run = await reader.get(id);
  if (run !== undefined) return run;
  throw new MigrateError(
    id === "latest"
      ? "The run ledger holds no run."
      : `The run ledger holds no run ${id}, or several that begin so; "runs" shows them.`,
    "RUN_UNKNOWN",
  );
}
