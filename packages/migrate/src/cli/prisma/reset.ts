import { MigrateError } from "../../errors.ts";
import { reset } from "../../prisma/reset.ts";
import type { RawOptions } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { withDatabase } from "./database.ts";
import { projectOf } from "./project-options.ts";

/** `litefleet-migrate prisma reset` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const project = await projectOf(options, io);
  const { target } = await project.database();
  if (options["force"] !== true) {
    const question = `Drop every table of ${target}, with all data? Type yes to go on: `;
    if ((await io.confirm?.(question)) !== true) {
      throw new MigrateError(`${target} was left as it is. To drop everything in it, say --force.`, "DESTRUCTIVE");
    }
  }
  const result = await withDatabase(project, io, ({ client, tenant, signal }) =>
    reset(client, project.migrations, { tenant, signal }),
  );
  if (options["json"] === true)
    io.out.write(`${JSON.stringify({ command: "prisma reset", ...result }, undefined, 2)}\n`);
  else for (const name of result.applied) io.out.write(`applied  ${name}\n`);
  io.err.write(
    `${target}: ${result.dropped.length} table(s) dropped, ${result.applied.length} migration(s) applied.\n`,
  );
  return exitCodes.done;
}
