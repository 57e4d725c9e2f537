import { MigrateError } from "../../errors.ts";
import { diff } from "../../prisma/diff.ts";
import type { DiffSide } from "../../prisma/diff.ts";
import type { PrismaProject } from "../../prisma/project.ts";
import path from "node:path";
import type { RawOptions } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { withExistingDatabase } from "./database.ts";
import { projectOf } from "./project-options.ts";

/** `litefleet-migrate prisma diff` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const [fromUrl, toUrl] = [options["fromDatabase"], options["toDatabase"]];
  const url = [fromUrl, toUrl].find((value) => typeof value === "string") ?? options["url"];
  const project = await projectOf({ ...options, url }, io);
  const sides = { from: readSide("from", options, project), to: readSide("to", options, project) };
  if (sides.from.kind === "database" && sides.to.kind === "database") {
    throw new MigrateError(
      "Only one side can be a database. Pull the other one into a schema first.",
      "PRISMA_PROJECT_INVALID",
    );
  }
  const needsDatabase = sides.from.kind === "database" || sides.to.kind === "database";
  const result = needsDatabase
    ? await withExistingDatabase(project, io, ({ client }) => diff(project, client, sides))
    : await diff(project, undefined, sides);
  if (options["json"] === true)
    io.out.write(`${JSON.stringify({ command: "prisma diff", ...result }, undefined, 2)}\n`);
  else if (options["script"] === true)
    io.out.write(result.isEmpty ? "-- This is an empty migration.\n" : result.script);
  else io.out.write(`${result.summary.trim()}\n`);
  return options["exitCode"] === true && !result.isEmpty ? exitCodes.differences : exitCodes.done;
}

/** The one side that the flags `--from-…` or `--to-…` name. */
function readSide(which: "from" | "to", options: RawOptions, project: PrismaProject): DiffSide {
  const said = (kind: string): unknown => options[`${which}${kind}`];
  const at = (value: unknown): string | undefined => (typeof value === "string" ? path.resolve(value) : undefined);
  const sides: DiffSide[] = [];
  if (said("Empty") === true) sides.push({ kind: "empty" });
  const [migrations, schema] = [said("Migrations"), said("Schema")];
  if (migrations !== undefined) sides.push({ kind: "migrations", dir: at(migrations) ?? project.migrations });
  if (schema !== undefined) sides.push({ kind: "schema", path: at(schema) ?? project.schema });
  if (said("Database") !== undefined || said("ConfigDatasource") === true) sides.push({ kind: "database" });
  const [side, ...more] = sides;
  if (side !== undefined && more.length === 0) return side;
  throw new MigrateError(
    `Give exactly one of --${which}-empty, --${which}-migrations, --${which}-schema and --${which}-database.`,
    "PRISMA_PROJECT_INVALID",
  );
}
