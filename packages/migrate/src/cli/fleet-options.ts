import type { FleetSource } from "../fleet/resolve-tenants.ts";
import type { RawOptions } from "./command.ts";
import type { Io } from "./io.ts";

/** The options that every command on a fleet has. */
export interface FleetCommandOptions {
  readonly dir: string;
  readonly ledgerTable: string | undefined;
  readonly concurrency: number;
  readonly json: boolean;
  readonly source: FleetSource;
}

/** Reads them. Commander has checked that the required ones are there. */
export function readFleetOptions(options: RawOptions, io: Io): FleetCommandOptions {
  return {
    dir: String(options["dir"]),
    ledgerTable: typeof options["ledgerTable"] === "string" ? options["ledgerTable"] : undefined,
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

/** The values of an option that may be given several times. */
export function readList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
