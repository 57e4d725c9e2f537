import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { LoadedConfig, loadConfig } from "../config/load-config.ts";
import { MigrateError } from "../errors.ts";
import type { RawOptions } from "./command.ts";
import { optionalText } from "./read-option.ts";
import path from "node:path";

/** Entries of the configuration that have another name as options. */
const optionOf: Readonly<Record<string, string>> = {
  lockTimeoutMs: "lockTimeout",
  pauseMs: "pause",
  timeoutMs: "timeout",
};

/** Entries that stand for themselves: they are read from the configuration, not from options. */
const notOptions = new Set(["targets", "tenants", "authToken"]);

/** An option for which the configuration's entry of that name does not stand in. */
export class CommandLineOption extends Option {}

/**
 * A command's options, with the configuration's entries in place of those that the command line does not say. The configuration
 * itself is found by {@link configOf}.
 *
 * @throws {MigrateError} `CONFIG_INVALID`
 */
export async function withConfig(command: Command, cwd: string): Promise<RawOptions> {
  const options: Record<string, unknown> = command.opts();
  if (!command.options.some(({ long }) => long === "--config")) return options;
  const config = await loadConfig(cwd, optionalText(options["config"]));
  if (config === undefined) return { ...options, config };
  const merged: Record<string, unknown> = { ...options, config };
  for (const [key, value] of Object.entries(config.values)) {
    if (notOptions.has(key) || value === undefined) continue;
    const name = optionOf[key] ?? key;
    const option = command.options.find((known) => known.attributeName() === name);
    if (option === undefined || option instanceof CommandLineOption) continue;
    if (command.getOptionValueSource(name) === "cli") continue;
    merged[name] = key === "dir" ? path.resolve(config.cwd, String(value)) : checkValue(key, value, option);
  }
  return merged;
}

/** The configuration that was loaded for these options. */
export function configOf(options: RawOptions): LoadedConfig | undefined {
  const { config } = options;
  return config instanceof LoadedConfig ? config : undefined;
}

/** Whether the configuration says which databases there are. */
export function configHasTenants(options: RawOptions): boolean {
  const { targets, tenants } = configOf(options)?.values ?? {};
  return targets !== undefined || tenants !== undefined;
}

/** The value as it would have to be on the command line too. */
function checkValue(key: string, value: unknown, option: Option): unknown {
  const { argChoices, parseArg } = option;
  if (argChoices !== undefined && !argChoices.some((choice) => choice === value)) {
    throw new MigrateError(`The configuration's ${key} must be one of ${argChoices.join(", ")}.`, "CONFIG_INVALID");
  }
  if (parseArg === undefined || (typeof value !== "string" && typeof value !== "number")) return value;
  try {
    return parseArg(String(value), undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new MigrateError(`The configuration's ${key} cannot be: ${error.message}`, "CONFIG_INVALID", {
      cause: error,
    });
  }
}
