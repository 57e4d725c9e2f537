import { Option } from "commander";
import type { Command } from "commander";
import { sourceChoices } from "../../source/source.ts";
import { parseCount } from "../parse-count.ts";
import { addSelectionOptions } from "../selection-options.ts";

/** What is about the folder. */
export function addFolderOptions(command: Command): Command {
  return command
    .option("--dir <folder>", "the folder of migrations")
    .addOption(new Option("--source <format>", "the format of the folder").choices(sourceChoices).default("auto"))
    .option("--ledger-table <name>", "the table of applied migrations (default: the tool's own)")
    .option("--config <file>", "the configuration (default: litefleet.config.{ts,mts,js,mjs,json} here)")
    .option("--json", "one JSON document on stdout");
}

export function addFleetOptions(command: Command): Command {
  const fleet = addTargetOptions(addSelectionOptions(addFolderOptions(command)));
  return addEngineOption(fleet.option("--concurrency <n>", "tenants under way at once", parseCount, 8));
}

/** Which databases. */
export function addTargetOptions(command: Command): Command {
  return command
    .option("--targets <target...>", "quoted globs, paths and URLs of the tenants; may be repeated")
    .option("--targets-file <file>", "a target or a JSON object a line; - for standard input");
}

export function addEngineOption(command: Command): Command {
  return command.addOption(
    new Option("--engine <name>", "what runs local files").choices(["libsql", "sqlite", "turso"]).default("libsql"),
  );
}

/** What is to be applied. */
export function addPlanOptions(command: Command): Command {
  return command
    .option("--to <name>", "the last migration to apply (default: the newest)")
    .addOption(
      new Option("--order <rule>", "what to do with a migration that comes before one that is applied")
        .choices(["strict", "allow", "skip"])
        .default("strict"),
    );
}

/** How it runs. */
export function addRunOptions(command: Command): Command {
  return command
    .option("--allow-destructive", "run what drops tables or columns or deletes rows")
    .option("--allow-row-loss <table...>", "tables that may have fewer rows afterwards although no migration says so")
    .option("--lock-timeout <ms>", "how long to wait for other writers", parseCount, 30_000);
}

export function addScopeOption(command: Command): Command {
  return command.addOption(
    new Option("--tx <scope>", "one transaction for all pending migrations of a tenant, one a file, or one a statement")
      .choices(["all", "file", "none"])
      .default("all"),
  );
}
