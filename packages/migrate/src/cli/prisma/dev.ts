import { dev } from "../../prisma/dev.ts";
import type { RawOptions } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { optionalText } from "../read-option.ts";
import type { Io } from "../io.ts";
import { mayLoseData } from "./ask.ts";
import { withDatabase } from "./database.ts";
import { projectOf } from "./project-options.ts";

/** `litefleet-migrate prisma dev` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const project = await projectOf(options, io);
  const result = await withDatabase(project, io, ({ client, tenant, signal }) =>
    dev(project, client, {
      name: optionalText(options["name"]),
      createOnly: options["createOnly"] === true,
      mayLoseData: mayLoseData(options, io),
      tenant,
      signal,
    }),
  );
  const { state, applied, migration, unexecutable, warnings, kept, lost } = result;
  const { yellow, green } = io.err.colors;
  const warn = (text: string): void => io.err.write(`${yellow("warning")} ${text}\n`);
  if (state === "created") for (const line of [...warnings, ...unexecutable]) warn(line);
  if (kept.length > 0) io.err.write(`Prisma does not know ${kept.join(", ")}: the migration makes them again.\n`);
  for (const name of lost) warn(`${name} goes with the old table and cannot be made again: its columns are gone.`);
  if (options["json"] === true) {
    io.out.write(`${JSON.stringify({ command: "prisma dev", ...result }, undefined, 2)}\n`);
  } else {
    if (migration !== undefined) io.out.write(`created  ${migration.file}\n`);
    for (const name of applied) io.out.write(`applied  ${name}\n`);
  }
  io.err.write(
    state === "in-sync"
      ? `${green("in sync")} The schema holds nothing that the migrations do not make.\n`
      : state === "created"
        ? "Look through the file, then run litefleet-migrate prisma dev to apply it.\n"
        : `${green("in sync")} The database is what the schema says. For the client: npx prisma generate\n`,
  );
  return exitCodes.done;
}
