import { lintMigrations } from "../lint/lint-migrations.ts";
import { describeLint } from "../report/lint.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFormat } from "./fleet-options.ts";
import { oneOf, optionalText, readList } from "./read-option.ts";
import type { Io } from "./io.ts";

/** `litefleet-migrate lint` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const dir = String(options["dir"]);
  const engines = readList(options["for"]).map((engine) => oneOf(["sqld", "turso"], engine));
  const ledgerTable = optionalText(options["ledgerTable"]);
  const result = await lintMigrations({ dir, engines, source: readFormat(options), ledgerTable });
  const format = options["json"] === true ? "json" : oneOf(["pretty", "json", "github"], options["format"]);
  if (format === "json") io.out.write(`${JSON.stringify({ command: "lint", dir, ...result }, undefined, 2)}\n`);
  else if (format === "github") io.out.write(describeLint.github(result));
  else io.out.write(describeLint.pretty(result, io.out.colors));
  io.err.write(describeLint.summary(result, io.err.colors));
  return result.ok ? exitCodes.done : exitCodes.differences;
}
