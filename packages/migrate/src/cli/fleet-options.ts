import type { FleetSource } from "../fleet/resolve-tenants.ts";
import type { MigrationOrder } from "../next-migrations.ts";
import type { TransactionScope } from "../plan.ts";
import { sourceChoices } from "../source/source.ts";
import type { SourceChoice } from "../source/source.ts";
import type { RawOptions } from "./command.ts";
import { configOf } from "./config-options.ts";
import type { Io } from "./io.ts";
import { oneOf, optionalText, readList } from "./read-option.ts";
import { readSelection } from "./selection-options.ts";

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
      ...readTenants(options),
      select: readSelection(options),
      engine: oneOf(["libsql", "sqlite", "turso"], options["engine"]),
      authToken: io.env["LIBSQL_AUTH_TOKEN"] ?? io.env["TURSO_AUTH_TOKEN"] ?? configOf(options)?.values.authToken,
    },
  };
}

/** Tenants named on the command line, or else those of the configuration. */
function readTenants(options: RawOptions): FleetSource {
  const list = optionalText(options["targetsFile"]);
  const targets = options["targets"] === undefined ? undefined : readList(options["targets"]);
  if (targets !== undefined || list !== undefined) return { targets, ...(list !== undefined && { tenants: { list } }) };
  const config = configOf(options);
  return { targets: config?.values.targets, tenants: config?.values.tenants, cwd: config?.cwd };
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
