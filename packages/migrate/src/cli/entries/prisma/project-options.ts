import { Option } from "commander";
import type { Command } from "commander";

/** Where the project and its database are. */
export function addProjectOptions(command: Command): Command {
  return command
    .option("--url <url>", "the database: a path or a URL (default: datasource.url of prisma.config.ts)")
    .option("--schema <path>", "schema.prisma, or a folder of such files (default: as prisma.config.ts says)")
    .option("--dir <folder>", "the folder of migrations (default: as prisma.config.ts says, or beside the schema)")
    .option("--config <file>", "the configuration (default: prisma.config.ts)")
    .addOption(
      new Option("--engine <name>", "what runs local files").choices(["libsql", "sqlite", "turso"]).default("libsql"),
    )
    .option("--json", "one JSON document on stdout");
}

/** What takes data away. */
export function addDestructiveOption(command: Command): Command {
  return command.option("--allow-destructive", "go on where data is lost (on a terminal you are asked)");
}
