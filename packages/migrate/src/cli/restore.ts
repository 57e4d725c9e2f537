import { findBackups, restoreBackups } from "../backup/restore-backups.ts";
import { MigrateError } from "../errors.ts";
import { tenantCount } from "../report/groups.ts";
import { describeRestore } from "../report/restore.ts";
import { argumentsOf } from "./arguments.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { optionalText, readList } from "./read-option.ts";

/** `litefleet-migrate restore` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const [of = ""] = argumentsOf(options);
  const only = options["only"] === undefined ? undefined : readList(options["only"]);
  const wanted = { of, only, backups: optionalText(options["backups"]) };
  const found = await findBackups(wanted);
  if (options["replace"] !== true) {
    const madeAt = new Date(Math.min(...found.map((backup) => backup.madeAt))).toISOString();
    const question = `Take ${tenantCount(found.length)} back to ${madeAt}? What was written since is kept beside. Type yes to go on: `;
    if (io.confirm === undefined) {
      throw new MigrateError("restore replaces what is there. Say --replace if that is meant.", "ARGUMENT_INVALID");
    }
    if (!(await io.confirm(question))) return exitCodes.halted;
  }
  const tenants = await restoreBackups(wanted);
  if (options["json"] === true) io.out.write(`${JSON.stringify({ command: "restore", of, tenants }, undefined, 2)}\n`);
  else io.out.write(describeRestore.table(tenants, io.out.colors));
  io.err.write(describeRestore.summary(tenants, io.err.colors));
  return tenants.some(({ state }) => state === "failed") ? exitCodes.partial : exitCodes.done;
}
