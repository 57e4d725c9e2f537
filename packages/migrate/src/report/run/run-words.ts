import type { RunRecord } from "../../run/run-record.ts";
import { duration, grouped } from "../groups.ts";

/** How long a run has taken, or takes so far; milliseconds. */
export function runDuration({ startedAt, endedAt, heartbeatAt }: RunRecord): number {
  return Math.max(0, (endedAt ?? heartbeatAt) - startedAt);
}

/** A run in one sentence without its stop: `done: 12 tenants in 3 s: 10 migrated, 2 up to date`. */
export function describeRunState(run: RunRecord): string {
  const { total, migrated, failed, waiting, running } = run.counts;
  const parts = [`${grouped(migrated)} migrated`, `${grouped(run.counts["up-to-date"])} up to date`];
  if (failed > 0) parts.push(`${grouped(failed)} failed`);
  if (waiting + running > 0) parts.push(`${grouped(waiting + running)} not run`);
  return `${run.state}: ${grouped(total)} ${total === 1 ? "tenant" : "tenants"} in ${duration(runDuration(run))}: ${parts.join(", ")}`;
}
