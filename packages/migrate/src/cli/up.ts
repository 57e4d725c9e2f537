import { migrateFleet } from "../fleet/migrate-fleet.ts";
import type { FleetMigration } from "../fleet/migrate-fleet.ts";
import { tenantCount } from "../report/groups.ts";
import { createProgress } from "../report/progress.ts";
import { describeUp } from "../report/up.ts";
import type { RawOptions } from "./command.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions, readOrder, readScope } from "./fleet-options.ts";
import { optionalText, readList } from "./read-option.ts";
import { readRollout } from "./rollout-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { run as plan } from "./plan.ts";

/** `litefleet-migrate up` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  if (options["dryRun"] === true) return plan(options, io);
  const { dir, json } = readFleetOptions(options, io);
  let result = await migrate(options, io, options["allowDestructive"] === true);
  const refused = result.tenants.filter(({ error }) => error?.code === "DESTRUCTIVE");
  if (refused.length > 0 && !result.interrupted && io.confirm !== undefined) {
    io.err.write(describeUp.summary(result, io.err.colors));
    const question = `Apply this to ${tenantCount(refused.length)}, and lose the data? Type yes to go on: `;
    if (await io.confirm(question)) result = await migrate(options, io, true);
  }
  if (json) io.out.write(`${JSON.stringify({ command: "up", dir, ...result }, undefined, 2)}\n`);
  else io.out.write(describeUp.table(result, io.out.colors));
  io.err.write(describeUp.summary(result, io.err.colors));
  return exitCodeOf(result.state);
}

function migrate(options: RawOptions, io: Io, allowDestructive: boolean): Promise<FleetMigration> {
  const { dir, ledgerTable, format, concurrency, source } = readFleetOptions(options, io);
  const progress = createProgress(io.err, { doing: "Migrating", done: "migrated" });
  return withInterrupt(io, (signal) =>
    migrateFleet({
      dir,
      ledgerTable,
      source: format,
      concurrency,
      ...source,
      ...readRollout(options),
      to: optionalText(options["to"]),
      tx: readScope(options),
      order: readOrder(options),
      allowDestructive,
      allowRowLoss: readList(options["allowRowLoss"]),
      lockTimeoutMs: Number(options["lockTimeout"]),
      signal,
      onProgress: progress.update,
    }).finally(progress.end),
  );
}
