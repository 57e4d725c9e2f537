import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "@litefleet/driver";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { backupModes, defaultBackups } from "../backup/backup-record.ts";
import { pathOfFileUrl } from "../fleet/file-url.ts";
import { defaultLedger, isLedgerUrl } from "../run/open-ledger.ts";
import type { RunsOptions } from "../run/ledger-reader.ts";
import type { RolloutOptions } from "../run/rollout-options.ts";
import { parseShare } from "../run/share.ts";
import type { RawOptions } from "./command.ts";
import { configOf } from "./config-options.ts";
import type { Io } from "./io.ts";
import { parseCount } from "./parse-count.ts";
import { parseDuration } from "./parse-duration.ts";
import { oneOf, optionalText, readList } from "./read-option.ts";

/** How a new run goes over its fleet. */
export function addRolloutOptions(command: Command): Command {
  command
    .option("--waves <list>", "how many tenants have been run after each wave, such as 1,5%,100%", parseWaves)
    .option("--canary <name...>", "tenants that are a wave of their own, before all others")
    .addOption(
      new Option("--backup <when>", "back tenants up first: where data is taken away, always, or not")
        .choices(backupModes)
        .default("none"),
    )
    .option("--backups <folder>", `where backups are kept (default: ${defaultBackups})`)
    .option("--fence", "keep others from writing to a namespace of a libSQL server while it is migrated");
  return addPaceOptions(command);
}

/** How a run goes on, a new one or one that is resumed. */
export function addPaceOptions(command: Command): Command {
  command
    .option("--pause <duration>", "between two waves, such as 30s or 5m", parseDuration)
    .option(
      "--max-failures <n|p%>",
      "tenants of a wave that may fail before the waves after it are given up",
      parseMost,
    )
    .addOption(
      new Option("--on-error <what>", "what to do with the tenants of a wave when one fails").choices([
        "continue",
        "stop",
      ]),
    )
    .option("--timeout <duration>", "how long a tenant may take, with all its attempts", parseDuration)
    .option(
      "--retries <n>",
      "how often a tenant is tried again after an error that may pass (default: 3)",
      parseRetries,
    );
  return addLedgerOption(command).option("--no-ledger", "do not write the run down: it cannot be resumed");
}

/** Where the runs are written down. */
export function addLedgerOption(command: Command): Command {
  return command.option(
    "--ledger <file|url>",
    `where runs are written down: a file, or a control database (default: ${defaultLedger})`,
  );
}

/** What these say, and the configuration's hooks. Commander has checked it. */
export function readRollout(options: RawOptions, io: Io): RolloutOptions {
  const { waves, canary, pause, maxFailures, onError, timeout, retries } = options;
  const { beforeRun, beforeWave, afterTenant, healthCheck } = configOf(options)?.values ?? {};
  return {
    ...((typeof waves === "string" || isList(waves)) && { waves }),
    ...(canary !== undefined && { canary: readList(canary) }),
    ...(typeof pause === "number" && { pauseMs: pause }),
    ...((typeof maxFailures === "string" || typeof maxFailures === "number") && { maxFailures }),
    ...((onError === "stop" || onError === "continue") && { onError }),
    ...(typeof timeout === "number" && { timeoutMs: timeout }),
    ...(typeof retries === "number" && { retries }),
    backup: oneOf(["none", "auto", "always"], options["backup"]),
    backups: optionalText(options["backups"]),
    fence: options["fence"] === true,
    beforeRun,
    beforeWave,
    afterTenant,
    healthCheck,
    ledger: readLedger(options, io),
  };
}

/** The run ledger: as the command line says, the configuration, or the usual one. */
function readLedger(options: RawOptions, { env }: Io): string | Config | false {
  const { ledger } = options;
  const config = configOf(options);
  if (ledger === false) return false;
  if (typeof ledger === "string" && isLedgerUrl(ledger)) {
    const authToken = env["LIBSQL_AUTH_TOKEN"] ?? env["TURSO_AUTH_TOKEN"] ?? config?.values.authToken;
    return { url: ledger, authToken };
  }
  if (typeof ledger === "string") {
    return ledger === config?.values.ledger ? path.resolve(config.cwd, ledger) : ledger;
  }
  const configured = config?.values.ledger;
  if (config === undefined || typeof configured !== "object") return defaultLedger;
  const file = pathOfFileUrl(configured.url, config.cwd);
  return file === undefined ? configured : { ...configured, url: pathToFileURL(file).href };
}

/** `--ledger` of commands that read one. */
export function readRunsOptions(options: RawOptions, io: Io): RunsOptions {
  const ledger = readLedger(options, io);
  return ledger === false ? {} : { ledger };
}

function isList(value: unknown): value is readonly (string | number)[] {
  return Array.isArray(value);
}

function parseWaves(text: string): string {
  for (const part of text.split(",")) parseMost(part);
  return text;
}

function parseMost(text: string): string {
  try {
    parseShare(text, "It");
    return text;
  } catch {
    throw new InvalidArgumentError("Expected a count, or a share such as 5%.");
  }
}

function parseRetries(text: string): number {
  return text === "0" ? 0 : parseCount(text);
}
