import type { Colors } from "../cli/io.ts";
import type { RunRecord, RunState, RunTenant } from "../run/run-record.ts";
import { describeFailures } from "./failures.ts";
import { duration, groupBy, grouped, someMigrations, someNames } from "./groups.ts";
import { formatTable } from "./table.ts";
import type { Cell } from "./table.ts";

/** What `runs` and `show` tell people. */
export const describeRuns = { list, one };

function list(runs: readonly RunRecord[], colors: Colors): string {
  const columns = [
    { heading: "RUN" },
    { heading: "COMMAND" },
    { heading: "STATE" },
    { heading: "TENANTS", align: "right" as const },
    { heading: "FAILED", align: "right" as const },
    { heading: "LEFT", align: "right" as const },
    { heading: "TIME", align: "right" as const },
    { heading: "HOLDER" },
  ];
  const rows = runs.map((run): Cell[] => {
    const { id, command, state, counts, startedAt, endedAt, heartbeatAt, holder } = run;
    return [
      { text: id },
      { text: command },
      { text: state, paint: paintOf(state, colors) },
      { text: grouped(counts.total) },
      { text: grouped(counts.failed) },
      { text: grouped(counts.waiting + counts.running) },
      { text: duration((endedAt ?? heartbeatAt) - startedAt) },
      { text: holder },
    ];
  });
  return formatTable(columns, rows, colors.bold);
}

function one(run: RunRecord, tenants: readonly RunTenant[], colors: Colors): string {
  const waves = formatTable(
    [
      { heading: "WAVE" },
      { heading: "STATE" },
      { heading: "TENANTS", align: "right" },
      { heading: "FAILED", align: "right" },
      { heading: "WHY" },
    ],
    run.waves.map(({ index, label, state, size, reason }): Cell[] => [
      { text: label },
      { text: state },
      { text: String(size) },
      { text: String(tenants.filter((tenant) => tenant.wave === index && tenant.state === "failed").length) },
      { text: reason ?? "-" },
    ]),
    colors.bold,
  );
  const groups = groupBy(tenants, ({ state, version }) => JSON.stringify([state, version]));
  const states = formatTable(
    [
      { heading: "TENANTS", align: "right" },
      { heading: "STATE" },
      { heading: "MIGRATIONS" },
      { heading: "VERSION" },
      { heading: "NAMES" },
    ],
    groups.map((group): Cell[] => [
      { text: String(group.length) },
      { text: group[0]!.state },
      { text: group[0]!.applied.length === 0 ? "-" : someMigrations(group[0]!.applied) },
      { text: group[0]!.version ?? "-" },
      { text: someNames(group) },
    ]),
    colors.bold,
  );
  const head = `Run ${run.id} (${run.command}) of ${run.dir}: ${paintOf(run.state, colors)(run.state)}\n\n`;
  const failures = describeFailures(tenants, colors);
  return `${head}${waves}\n${states}${failures === "" ? "" : `\n${failures}`}`;
}

function paintOf(state: RunState, { green, red, yellow, cyan }: Colors): (text: string) => string {
  return { running: cyan, done: green, partial: red, halted: red, interrupted: yellow, abandoned: yellow }[state];
}
