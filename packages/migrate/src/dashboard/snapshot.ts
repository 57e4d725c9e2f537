import type { RunReader } from "../run/run-reader.ts";
import type { RunReport } from "../report/run/run-report.ts";
import type { RunChoice, Snapshot } from "./page/page-data.ts";

/** What the page shows of a run. */
export function snapshotOf({ run, tenants }: RunReport, runs: readonly RunChoice[] = []): Snapshot {
  return { run, tenants, runs };
}

const shownRuns = 50;

/** The newest runs, to choose from. */
export async function runChoices(reader: RunReader): Promise<RunChoice[]> {
  const runs = await reader.list({ limit: shownRuns });
  return runs.map(({ id, command, state }) => ({ id, command, state }));
}
