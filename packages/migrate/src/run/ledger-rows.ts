import type { InStatement, Row } from "@litefleet/driver";
import type { RunCounts, RunRecord, RunState, RunTenant, RunTenantState, RunWave } from "./run-record.ts";
import type { TenantError } from "../fleet/tenant-result.ts";

/** Reads a row of `litefleet_runs`, as we have written it. */
export function readRun(row: Row): RunRecord {
  return {
    id: text(row["id"]),
    command: row["command"] === "down" ? "down" : "up",
    state: text(row["state"]) as RunState,
    dir: text(row["dir"]),
    source: text(row["source"]),
    migrations: readNames(row["migrations"]),
    startedAt: Number(row["started_at"]),
    endedAt: optionalNumber(row["ended_at"]),
    holder: text(row["holder"]),
    heartbeatAt: Number(row["heartbeat_at"]),
    // JSON has no undefined.
    waves: (JSON.parse(text(row["waves"])) as readonly RunWave[]).map((wave) => ({ ...emptyWave, ...wave })),
    counts: JSON.parse(text(row["counts"])) as RunCounts,
  };
}

const emptyWave = { startedAt: undefined, endedAt: undefined, reason: undefined };

/** Reads a row of `litefleet_run_tenants`. */
export function readTenant(row: Row): RunTenant {
  return {
    name: text(row["name"]),
    target: text(row["target"]),
    wave: Number(row["wave"]),
    state: text(row["state"]) as RunTenantState,
    attempts: Number(row["attempts"]),
    startedAt: optionalNumber(row["started_at"]),
    durationMs: optionalNumber(row["duration_ms"]),
    applied: readNames(row["applied"]),
    pending: readNames(row["pending"]),
    version: row["version"] === null ? undefined : text(row["version"]),
    error: row["error"] === null ? undefined : (JSON.parse(text(row["error"])) as TenantError),
    ...(row["undo"] !== null && { undo: readNames(row["undo"]) }),
  };
}

/** Writes what changes of a run; nothing if it has another holder by now. */
export function updateRun(run: RunRecord): InStatement {
  return {
    sql: `UPDATE litefleet_runs SET state = ?, ended_at = ?, heartbeat_at = ?, waves = ?, counts = ? WHERE id = ? AND holder = ?`,
    args: [
      run.state,
      run.endedAt ?? null,
      run.heartbeatAt,
      JSON.stringify(run.waves),
      JSON.stringify(run.counts),
      run.id,
      run.holder,
    ],
  };
}

/** Writes what changes of a tenant. */
export function updateTenant(run: string, place: number, tenant: RunTenant): InStatement {
  const { state, attempts, startedAt, durationMs, applied, pending, version, error, undo } = tenant;
  return {
    sql: `UPDATE litefleet_run_tenants SET state = ?, attempts = ?, started_at = ?, duration_ms = ?, applied = ?, pending = ?,
  version = ?, error = ?, undo = ? WHERE run = ? AND place = ?`,
    args: [
      state,
      attempts,
      startedAt ?? null,
      durationMs ?? null,
      JSON.stringify(applied),
      JSON.stringify(pending),
      version ?? null,
      error === undefined ? null : JSON.stringify(error),
      undo === undefined ? null : JSON.stringify(undo),
      run,
      place,
    ],
  };
}

function text(value: unknown): string {
  return String(value);
}

function optionalNumber(value: unknown): number | undefined {
  return value === null ? undefined : Number(value);
}

function readNames(value: unknown): readonly string[] {
  return JSON.parse(text(value)) as readonly string[];
}
