import type { FleetSource } from "../fleet/resolve-tenants.ts";
import type { MigrationOrder } from "../next-migrations.ts";
import type { TransactionScope } from "../plan.ts";
import { sourceChoices } from "../source/source.ts";
import type { SourceChoice } from "../source/source.ts";
import type { RawOptions } from "./command.ts";
import type { Io } from "./io.ts";

/** The options that every command on a fleet has. */
export interface FleetCommandOptions {
  readonly dir: string;
  readonly ledgerTable: string | undefined;
  /** The format of the folder. */
  readonly format: SourceChoice;
  readonly concurrency: number;
  readonly json: boolean;
  readonly source: FleetSource;
}

/** Reads them. Commander has checked that the required ones are there. */
export function readFleetOptions(options: RawOptions, io: Io): FleetCommandOptions {
  return {
    dir: String(options["dir"]),
    ledgerTable: optionalText(options["ledgerTable"]),
    format: readFormat(options),
    concurrency: Number(options["concurrency"]),
    json: options["json"] === true,
    source: {
      targets: readList(options["targets"]),
      engine: oneOf(["libsql", "sqlite", "turso"], options["engine"]),
      authToken: io.env["LIBSQL_AUTH_TOKEN"] ?? io.env["TURSO_AUTH_TOKEN"],
    },
  };
}

/** The value of an option with choices, which commander has checked; the first one if it was not given. */
export function oneOf<const T extends string>(choices: readonly [T, ...T[]], value: unknown): T {
  return choices.find((choice) => choice === value) ?? choices[0];
}

/** The value of an option that may be left out. */
export function optionalText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** `--source`, which commander has checked. */
export function readFormat(options: RawOptions): SourceChoice {
  return sourceChoices.find((choice) => choice === options["source"]) ?? "auto";
}

/** `--tx` */
export function readScope(options: RawOptions): TransactionScope {
  return oneOf(["all", "file", "none"], options["tx"]);
}

/** `--order` */
export function readOrder(options: RawOptions): MigrationOrder {
  return oneOf(["strict", "allow", "skip"], options["order"]);
}

/** The values of an option that may be given several times. */
export function readList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
