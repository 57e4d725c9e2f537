import type { FleetSource } from "../fleet/resolve-tenants.ts";
import type { RunOptions } from "../fleet/run-tenants.ts";
import type { RolloutOptions } from "../run/rollout-options.ts";
import type { RunOptions as MigrationRunOptions } from "../run-options.ts";
import type { SourceOptions } from "../source/source.ts";
import type { RawOptions } from "./command.ts";
import { readFleetOptions, readScope } from "./fleet-options.ts";
import type { Io } from "./io.ts";
import { readList } from "./read-option.ts";
import { readRollout } from "./rollout-options.ts";

/** What `up` and `down` have in common. */
export interface RunSettings
  extends FleetSource, SourceOptions, RolloutOptions, RunOptions, Omit<MigrationRunOptions, "tenant" | "onEvent"> {
  readonly dir: string;
}

/** Reads it. */
export function readRunSettings(options: RawOptions, io: Io): RunSettings {
  const { dir, ledgerTable, format, concurrency, source } = readFleetOptions(options, io);
  return {
    dir,
    ledgerTable,
    source: format,
    concurrency,
    ...source,
    ...readRollout(options, io),
    tx: readScope(options),
    allowDestructive: options["allowDestructive"] === true,
    allowRowLoss: readList(options["allowRowLoss"]),
    lockTimeoutMs: Number(options["lockTimeout"]),
  };
}
