import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { MigrateError } from "../errors.ts";
import { configText } from "../scaffold/config-text.ts";
import { findSetUp } from "../scaffold/find-set-up.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";

const fileName = "litefleet.config.ts";

/** `litefleet-migrate init` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const cwd = process.cwd();
  const present = (await readdir(cwd)).find((entry) => /^litefleet\.config\.\w+$/u.test(entry));
  if (present !== undefined) throw alreadyThere(present);
  const found = await findSetUp(cwd);
  await writeFile(path.join(cwd, fileName), configText(found), { flag: "wx" }).catch((error: unknown) => {
    throw error instanceof Error && "code" in error && error.code === "EEXIST" ? alreadyThere(fileName) : error;
  });
  if (options["json"] === true) {
    io.out.write(`${JSON.stringify({ command: "init", file: fileName, ...found }, undefined, 2)}\n`);
  } else {
    io.out.write(`${fileName}\n`);
  }
  const format = found.source ?? "no migrations yet";
  io.err.write(
    `Migrations: ${found.dir} (${format}; ${found.because}). Databases: ${found.targets} (${found.databases} found).\n` +
      "Look at it, then: npx litefleet-migrate doctor\n",
  );
  return exitCodes.done;
}

function alreadyThere(file: string): MigrateError {
  return new MigrateError(`${file} is there already and is left as it is.`, "FILE_EXISTS");
}
