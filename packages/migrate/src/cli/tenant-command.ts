import type { Client } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import { eachTenant } from "../fleet/each-tenant.ts";
import type { FleetOutcome } from "../fleet/each-tenant.ts";
import type { MigrationSet } from "../migration.ts";
import { createProgress } from "../report/progress.ts";
import type { ProgressWords } from "../report/progress.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";

/** A command that does the same with every tenant. */
export interface TenantCommand<T> {
  readonly name: string;
  readonly words: ProgressWords;
  readonly work: (client: Client | undefined, set: MigrationSet, tenant: string, signal: AbortSignal) => Promise<T>;
  /** What goes to stdout without `--json`. */
  readonly text: (outcome: FleetOutcome<T>, io: Io) => string;
  readonly summary: (outcome: FleetOutcome<T>, io: Io) => string;
  /** The command found what people look for with it. */
  readonly isDifferent?: (result: T) => boolean;
}

/** Runs it and answers the exit code. */
export async function runTenantCommand<T>(options: RawOptions, io: Io, command: TenantCommand<T>): Promise<ExitCode> {
  const { dir, json, ...fleet } = readFleetOptions(options, io);
  const progress = createProgress(io.err, command.words);
  const outcome = await withInterrupt(io, (signal) =>
    eachTenant(
      {
        dir,
        ledgerTable: fleet.ledgerTable,
        source: fleet.format,
        concurrency: fleet.concurrency,
        ...fleet.source,
        signal,
        onProgress: progress.update,
      },
      (client, set, tenant) => command.work(client, set, tenant, signal),
    ).finally(progress.end),
  );
  if (json) io.out.write(`${JSON.stringify({ command: command.name, dir, ...outcome }, undefined, 2)}\n`);
  else io.out.write(command.text(outcome, io));
  io.err.write(command.summary(outcome, io));
  if (outcome.interrupted) return exitCodes.interrupted;
  if (outcome.tenants.some(({ error }) => error?.code === "DESTRUCTIVE")) return exitCodes.halted;
  if (outcome.counts.failed > 0) return exitCodes.partial;
  const { isDifferent = () => false } = command;
  return outcome.tenants.some(({ result }) => result !== undefined && isDifferent(result))
    ? exitCodes.differences
    : exitCodes.done;
}

/** For what changes a database: one that is not there is an error, and is not made. */
export function existing(client: Client | undefined, tenant: string): Client {
  if (client !== undefined) return client;
  throw new MigrateError(`Tenant ${tenant} does not exist. Make it with up.`, "TARGET_INVALID", { tenant });
}
