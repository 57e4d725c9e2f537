import { unfenceFleet } from "../fleet/unfence-fleet.ts";
import type { UnfencedTenant } from "../fleet/unfence-fleet.ts";
import { describeFailures } from "../report/failures.ts";
import { groupBy, someNames } from "../report/groups.ts";
import { formatTable } from "../report/table.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";

/** `litefleet-migrate unfence` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const { concurrency, json, source } = readFleetOptions(options, io);
  const tenants = await withInterrupt(io, (signal) => unfenceFleet({ ...source, concurrency, signal }));
  if (json) io.out.write(`${JSON.stringify({ command: "unfence", tenants }, undefined, 2)}\n`);
  else io.out.write(table(tenants, io));
  io.err.write(describeFailures(tenants, io.err.colors));
  const has = (state: UnfencedTenant["state"]): boolean => tenants.some((tenant) => tenant.state === state);
  if (has("not-started")) return exitCodes.interrupted;
  return has("failed") ? exitCodes.partial : exitCodes.done;
}

function table(tenants: readonly UnfencedTenant[], io: Io): string {
  const columns = [{ heading: "TENANTS", align: "right" as const }, { heading: "FENCE" }, { heading: "NAMES" }];
  const rows = groupBy(tenants, ({ state }) => state).map((group) => [
    { text: String(group.length) },
    { text: group[0]?.state ?? "" },
    { text: someNames(group) },
  ]);
  return formatTable(columns, rows, io.out.colors.bold);
}
