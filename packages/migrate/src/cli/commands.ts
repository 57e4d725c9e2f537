import { Option } from "commander";
import type { Command } from "commander";
import type { CommandEntry } from "./command.ts";
import { parseCount } from "./parse-count.ts";

/** Every command, in the order of `--help`. */
export const commands: readonly CommandEntry[] = [
  {
    name: "up",
    summary: "bring every tenant to the newest migration, or to a named one",
    details:
      "Applies what is pending, for each tenant in one transaction: a tenant gets all of it or nothing. A tenant that " +
      "fails does not stop the others. Run it again as often as you like: what is done is left alone.\n\n" +
      "Exit code 0: done. 1: an error, nothing was started. 3: some tenants failed. 130: interrupted.",
    examples: [
      ["up --dir drizzle --targets 'data/*.db'", "all files of a folder"],
      ["up --dir drizzle --targets 'data/*.db' --to 0003_add_plans", "up to and including this migration"],
      ["up --dir drizzle --targets data/acme.db", "one tenant; the file is created if it is not there"],
      ["up --dir drizzle --targets libsql://acme.example.com", "a server, with the token in LIBSQL_AUTH_TOKEN"],
    ],
    addOptions: (command) => {
      addFleetOptions(command)
        .option("--to <name>", "the last migration to apply (default: the newest)")
        .addOption(
          new Option("--tx <scope>", "one transaction for all pending migrations of a tenant, or one a file")
            .choices(["all", "file"])
            .default("all"),
        )
        .addOption(
          new Option("--order <rule>", "what to do with a migration that comes before one that is applied")
            .choices(["strict", "allow", "skip"])
            .default("strict"),
        )
        .option(
          "--allow-row-loss <table...>",
          "tables that may have fewer rows afterwards although no migration says so",
        )
        .option("--lock-timeout <ms>", "how long to wait for other writers", parseCount, 30_000);
    },
    required: ["--dir", "--targets"],
    load: () => import("./up.ts"),
  },
  {
    name: "status",
    summary: "show which tenants lack which migrations",
    details:
      "Changes nothing.\n\n" +
      "Exit code 0: every tenant is up to date. 1: an error. 2: differences were found. 3: some could not be read. " +
      "130: interrupted.",
    examples: [
      ["status --dir drizzle --targets 'data/*.db'", "the fleet by version"],
      ["status --dir drizzle --targets 'data/*.db' --json", "every tenant, for a script"],
    ],
    addOptions: (command) => {
      addFleetOptions(command);
    },
    required: ["--dir", "--targets"],
    load: () => import("./status.ts"),
  },
];

function addFleetOptions(command: Command): Command {
  return command
    .option("--dir <folder>", "the folder of migrations, of drizzle-kit, Prisma or dbmate")
    .option("--targets <target...>", "quoted globs, paths and URLs of the tenants; may be repeated")
    .option("--concurrency <n>", "tenants under way at once", parseCount, 8)
    .addOption(
      new Option("--engine <name>", "what runs local files").choices(["libsql", "sqlite", "turso"]).default("libsql"),
    )
    .option("--ledger-table <name>", "the table of applied migrations (default: the tool's own)")
    .option("--json", "one JSON document on stdout");
}
