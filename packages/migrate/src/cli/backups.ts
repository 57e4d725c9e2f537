import { pruneBackups, readBackups } from "../backup/prune-backups.ts";
import type { Backup } from "../backup/backup-record.ts";
import { formatTable } from "../report/table.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { optionalText } from "./read-option.ts";

const dayMs = 24 * 3_600_000;

/** `litefleet-migrate backups` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const where = { backups: optionalText(options["backups"]), run: optionalText(options["run"]) };
  const days = options["pruneDays"];
  const pruned = days === undefined ? [] : await pruneBackups({ ...where, olderThanMs: Number(days) * dayMs });
  const backups = await readBackups(where);
  if (options["json"] === true) {
    io.out.write(`${JSON.stringify({ command: "backups", backups, pruned }, undefined, 2)}\n`);
  } else io.out.write(table(backups, io));
  if (days !== undefined) io.err.write(`${pruned.length} deleted.\n`);
  return exitCodes.done;
}

function table(backups: readonly Backup[], io: Io): string {
  const columns = [
    { heading: "MADE AT" },
    { heading: "RUN" },
    { heading: "TENANT" },
    { heading: "BEFORE" },
    { heading: "BYTES", align: "right" as const },
    { heading: "COPY" },
  ];
  const rows = backups.map(({ madeAt, run: id, tenant, before = "-", source }) => [
    { text: new Date(madeAt).toISOString() },
    { text: id },
    { text: tenant },
    { text: before },
    { text: source.kind === "file" ? String(source.bytes) : "-" },
    { text: source.copy },
  ]);
  return formatTable(columns, rows, io.out.colors.bold);
}
