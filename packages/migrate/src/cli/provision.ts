import { placeOfTenant } from "../provision/place-of-tenant.ts";
import { provisionTenants } from "../provision/provision-many.ts";
import { describeProvision } from "../report/provision.ts";
import { argumentsOf } from "./arguments.ts";
import type { RawOptions } from "./command.ts";
import { configOf } from "./config-options.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFormat } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { oneOf, optionalText } from "./read-option.ts";

/** `litefleet-migrate provision` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const group = groupOf(options);
  const place = {
    into: optionalText(options["into"]) ?? group?.into,
    baseUrl: group?.baseUrl,
    adminUrl: optionalText(options["adminUrl"]),
    authToken: io.env["LIBSQL_AUTH_TOKEN"] ?? io.env["TURSO_AUTH_TOKEN"],
    engine: oneOf(["libsql", "sqlite", "turso"], options["engine"]),
  };
  const tenants = argumentsOf(options).map((name) => placeOfTenant(name, place));
  const dir = String(options["dir"]);
  const result = await withInterrupt(io, (signal) =>
    provisionTenants(tenants, {
      dir,
      source: readFormat(options),
      ledgerTable: optionalText(options["ledgerTable"]),
      templates: optionalText(options["templates"]),
      concurrency: Number(options["concurrency"]),
      signal,
    }),
  );
  if (options["json"] === true) {
    io.out.write(`${JSON.stringify({ command: "provision", dir, ...result }, undefined, 2)}\n`);
  } else io.out.write(describeProvision.table(result, io.out.colors));
  io.err.write(describeProvision.summary(result, io.err.colors));
  if (result.interrupted) return exitCodes.interrupted;
  return result.counts.failed > 0 ? exitCodes.partial : exitCodes.done;
}

/** The group on Turso Cloud, where the configuration says that the tenants are in one. */
function groupOf(options: RawOptions): { readonly into: string; readonly baseUrl?: string } | undefined {
  const tenants = configOf(options)?.values.tenants;
  if (typeof tenants !== "object" || !("turso" in tenants)) return undefined;
  const { org, groups = [], baseUrl } = tenants.turso;
  return groups.length === 1 ? { into: `turso:${org}/${groups[0]}`, baseUrl } : undefined;
}
