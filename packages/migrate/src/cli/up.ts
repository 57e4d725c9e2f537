import { migrateFleet } from "../fleet/migrate-fleet.ts";
import { createProgress } from "../report/progress.ts";
import { describeUp } from "../report/up.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { oneOf, readFleetOptions, readList } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";

/** `litefleet-migrate up` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const { dir, ledgerTable, concurrency, json, source } = readFleetOptions(options, io);
  const progress = createProgress(io.err, { doing: "Migrating", done: "migrated" });
  const result = await withInterrupt(io, (signal) =>
    migrateFleet({
      dir,
      ledgerTable,
      concurrency,
      ...source,
      to: typeof options["to"] === "string" ? options["to"] : undefined,
      tx: oneOf(["all", "file"], options["tx"]),
      order: oneOf(["strict", "allow", "skip"], options["order"]),
      allowRowLoss: readList(options["allowRowLoss"]),
      lockTimeoutMs: Number(options["lockTimeout"]),
      signal,
      onProgress: progress.update,
    }).finally(progress.end),
  );
  if (json) io.out.write(`${JSON.stringify({ command: "up", dir, ...result }, undefined, 2)}\n`);
  else io.out.write(describeUp.table(result, io.out.colors));
  io.err.write(describeUp.summary(result, io.err.colors));
  if (result.interrupted) return exitCodes.interrupted;
  return result.counts.failed > 0 ? exitCodes.partial : exitCodes.done;
}
