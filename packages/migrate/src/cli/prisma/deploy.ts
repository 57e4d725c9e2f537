import { applyPending } from "../../apply.ts";
import type { MigrateResult } from "../../apply.ts";
import { MigrateError } from "../../errors.ts";
import { loadMigrations } from "../../load-migrations.ts";
import type { RawOptions } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { readOrder } from "../fleet-options.ts";
import type { Io } from "../io.ts";
import { mayLoseData } from "./ask.ts";
import { withDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { projectOf } from "./project-options.ts";

/** `litefleet-migrate prisma deploy` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const project = await projectOf(options, io);
  const set = await loadMigrations(project.migrations, { source: "prisma" });
  const result = await withDatabase(project, io, async (database) => {
    const apply = (allowDestructive: boolean): Promise<MigrateResult> => deploy(database, options, allowDestructive);
    try {
      return await apply(options["allowDestructive"] === true);
    } catch (error) {
      if (!(error instanceof MigrateError) || error.code !== "DESTRUCTIVE" || io.confirm === undefined) throw error;
      if (!(await mayLoseData(options, io)([error.message.slice(error.code.length + 2)]))) throw error;
      return apply(true);
    }
  });

  function deploy(
    { client, tenant, signal }: Database,
    { lockTimeout }: RawOptions,
    allowDestructive: boolean,
  ): Promise<MigrateResult> {
    const lockTimeoutMs = Number(lockTimeout);
    return applyPending(client, set, { tenant, signal, order: readOrder(options), lockTimeoutMs, allowDestructive });
  }

  if (options["json"] === true)
    io.out.write(`${JSON.stringify({ command: "prisma deploy", ...result }, undefined, 2)}\n`);
  else for (const name of result.applied) io.out.write(`applied  ${name}\n`);
  io.err.write(
    result.state === "up-to-date"
      ? "Nothing is pending.\n"
      : `${result.applied.length} migration(s) applied in ${result.durationMs} ms.\n`,
  );
  return exitCodes.done;
}
