import { readMigrationSet } from "../../prisma/migration-folder.ts";
import { formatTable } from "../../report/table.ts";
import type { Cell } from "../../report/table.ts";
import { statusOf } from "../../status.ts";
import type { RawOptions } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { withDatabaseIfThere } from "./database.ts";
import { projectOf } from "./project-options.ts";

/** `litefleet-migrate prisma status` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const project = await projectOf(options, io);
  const set = await readMigrationSet(project.migrations);
  const { target } = await project.database();
  const status = await withDatabaseIfThere(project, io, (database) =>
    statusOf(database?.client, set, database?.tenant ?? target),
  );
  if (options["json"] === true) {
    const dir = project.migrations;
    io.out.write(`${JSON.stringify({ command: "prisma status", database: target, dir, ...status }, undefined, 2)}\n`);
  } else {
    const { green, yellow, red, dim } = io.out.colors;
    const rows = (names: readonly string[], text: string, paint: (text: string) => string): Cell[][] =>
      names.map((name) => [{ text: name }, { text, paint }]);
    const all = [
      ...rows(status.applied, "applied", green),
      ...rows(status.edited, "edited since it was applied", red),
      ...rows(status.missing, "applied, and not in the folder", red),
      ...rows(status.failed, "begun and not finished", red),
      ...rows(status.outOfOrder, "pending, older than what is applied", red),
      ...rows(status.pending, "pending", yellow),
    ].toSorted(([a], [b]) => ((a?.text ?? "") < (b?.text ?? "") ? -1 : 1));
    io.out.write(formatTable([{ heading: "MIGRATION" }, { heading: "STATE" }], all, dim));
  }
  io.err.write(`${target} is ${words[status.state]}.\n`);
  return status.state === "up-to-date" ? exitCodes.done : exitCodes.differences;
}

const words = {
  "up-to-date": "up to date",
  pending: "behind: apply what is pending with litefleet-migrate prisma deploy",
  diverged: "not what the folder says: settle what stands above first",
} as const;
