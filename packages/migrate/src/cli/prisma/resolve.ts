import { MigrateError } from "../../errors.ts";
import { loadMigrations } from "../../load-migrations.ts";
import { resolveWith } from "../../resolve.ts";
import type { RawOptions } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { optionalText } from "../read-option.ts";
import type { Io } from "../io.ts";
import { withExistingDatabase } from "./database.ts";
import { projectOf } from "./project-options.ts";

/** `litefleet-migrate prisma resolve` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const [applied, rolledBack] = [optionalText(options["applied"]), optionalText(options["rolledBack"])];
  if ((applied === undefined) === (rolledBack === undefined)) {
    throw new MigrateError(
      "Give the name of one migration, either with --applied or with --rolled-back.",
      "MIGRATION_UNKNOWN",
    );
  }
  const project = await projectOf(options, io);
  const set = await loadMigrations(project.migrations, { source: "prisma" });
  const result = await withExistingDatabase(project, io, ({ client, tenant, signal }) =>
    resolveWith(client, set, { applied, rolledBack }, { tenant, signal }),
  );
  if (options["json"] === true) {
    io.out.write(`${JSON.stringify({ command: "prisma resolve", ...result }, undefined, 2)}\n`);
  } else io.out.write(`${result.state}${result.changed ? "" : " before"}  ${result.migration}\n`);
  return exitCodes.done;
}
