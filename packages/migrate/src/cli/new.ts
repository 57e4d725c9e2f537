import { newMigration } from "../scaffold/new-migration.ts";
import { argumentsOf } from "./arguments.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFormat } from "./fleet-options.ts";
import type { Io } from "./io.ts";

/** `litefleet-migrate new` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const [name = ""] = argumentsOf(options);
  const written = await newMigration({ dir: String(options["dir"]), name, source: readFormat(options) });
  if (options["json"] === true) io.out.write(`${JSON.stringify({ command: "new", ...written }, undefined, 2)}\n`);
  else io.out.write(written.files.map((file) => `${file}\n`).join(""));
  return exitCodes.done;
}
