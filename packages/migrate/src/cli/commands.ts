import { Option } from "commander";
import type { Command } from "commander";
import type { CommandEntry } from "./command.ts";
import { sourceChoices } from "../source/source.ts";
import { parseCount } from "./parse-count.ts";

/** Every command, in the order of `--help`. */
export const commands: readonly CommandEntry[] = [
  {
    name: "up",
    summary: "bring every tenant to the newest migration, or to a named one",
    details:
      "Applies what is pending, for each tenant in one transaction: a tenant gets all of it or nothing. A tenant that " +
      "fails does not stop the others. Run it again as often as you like: what is done is left alone.\n\n" +
      "What drops tables or columns or deletes rows is asked about on a terminal, and elsewhere wants " +
      "--allow-destructive.\n\n" +
      "Exit code 0: done. 1: an error, nothing was started. 3: some tenants failed. 4: refused, for it takes data away. " +
      "130: interrupted.",
    examples: [
      ["up --dir drizzle --targets 'data/*.db'", "all files of a folder"],
      ["up --dir drizzle --targets 'data/*.db' --to 0003_add_plans", "up to and including this migration"],
      ["up --dir drizzle --targets data/acme.db", "one tenant; the file is created if it is not there"],
      ["up --dir drizzle --targets libsql://acme.example.com", "a server, with the token in LIBSQL_AUTH_TOKEN"],
    ],
    addOptions: (command) => {
      addRunOptions(addPlanOptions(addScopeOption(addFleetOptions(command)))).option(
        "--dry-run",
        "show what would run, as plan does",
      );
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
  {
    name: "plan",
    summary: "show what up would run, and what it means",
    details:
      "Prints the SQL for each group of tenants that lack the same, with the tables that are rebuilt, the rows touched, what " +
      "takes data away and what the engine refuses. Changes nothing.\n\n" +
      "Exit code 0: nothing to do. 1: an error. 2: something is pending. 3: some tenants could not be read.",
    examples: [["plan --dir drizzle --targets 'data/*.db'", "what the next up would do"]],
    addOptions: (command) => {
      addPlanOptions(addScopeOption(addFleetOptions(command)));
    },
    required: ["--dir", "--targets"],
    load: () => import("./plan.ts"),
  },
  {
    name: "down",
    summary: "undo the last migrations, where their files say how",
    details:
      "For dbmate, goose, golang-migrate, Flyway (U files) and Kysely. In one transaction a tenant, with the guards of up.\n\n" +
      "Exit code 0: done. 1: an error. 3: some tenants failed. 4: refused, for it takes data away. 130: interrupted.",
    examples: [
      ["down --dir migrations --targets data/acme.db --allow-destructive", "one step back"],
      ["down --dir migrations --targets data/acme.db --to 0003 --allow-destructive", "until 0003 is the last one"],
    ],
    addOptions: (command) => {
      addRunOptions(addScopeOption(addFleetOptions(command)))
        .option("--steps <n>", "how many migrations to undo (default: 1)", parseCount)
        .option("--to <name>", "the migration that is the last one afterwards; 0 for none");
    },
    required: ["--dir", "--targets"],
    load: () => import("./down.ts"),
  },
  {
    name: "verify",
    summary: "check that each tenant's history is the folder's",
    details:
      "Finds migrations that were edited after they were applied, that are missing from the folder, that came in late, and that " +
      "were not finished. Changes nothing.\n\n" +
      "Exit code 0: all is well. 1: an error. 2: something was found. 3: some tenants could not be read.",
    examples: [["verify --dir drizzle --targets 'data/*.db'", "the whole fleet"]],
    addOptions: (command) => {
      addFleetOptions(command);
    },
    required: ["--dir", "--targets"],
    load: () => import("./verify.ts"),
  },
  {
    name: "lint",
    summary: "find what is dangerous in a folder of migrations",
    details:
      "Looks at the folder alone: no database is opened. A comment -- litefleet:allow <rule> in or above a statement takes a finding " +
      "out.\n\n" +
      "Exit code 0: nothing but warnings. 1: an error. 2: findings.",
    examples: [
      ["lint --dir drizzle", "before a commit"],
      ["lint --dir drizzle --for sqld --format github", "in GitHub Actions, for a server"],
    ],
    addOptions: (command) => {
      addFolderOptions(command)
        .addOption(
          new Option("--format <name>", "how findings are printed")
            .choices(["pretty", "json", "github"])
            .default("pretty"),
        )
        .addOption(
          new Option("--for <engine...>", "engines whose refusals are errors").choices(["sqld", "turso"]).default([]),
        );
    },
    required: ["--dir"],
    load: () => import("./lint.ts"),
  },
  {
    name: "baseline",
    summary: "record that migrations are there, without running them",
    details:
      "For databases whose schema was made in another way.\n\nExit code 0: done. 1: an error. 3: some tenants failed.",
    examples: [
      ["baseline --dir drizzle --targets data/acme.db --at 0003_add_plans", "everything up to this one is there"],
    ],
    addOptions: (command) => {
      addFleetOptions(command).option("--at <name>", "the last migration that is there already");
    },
    required: ["--dir", "--targets", "--at"],
    load: () => import("./baseline.ts"),
  },
  {
    name: "resolve",
    summary: "say what became of a migration that failed half way",
    details: "Changes the ledger and nothing else.\n\nExit code 0: done. 1: an error. 3: some tenants failed.",
    examples: [
      [
        "resolve --dir prisma/migrations --targets data/acme.db --rolled-back 20260101120000_plans",
        "nothing of it is left",
      ],
      [
        "resolve --dir prisma/migrations --targets data/acme.db --applied 20260101120000_plans",
        "it was finished by hand",
      ],
    ],
    addOptions: (command) => {
      addFleetOptions(command)
        .option("--applied <name>", "all of this migration is there")
        .option("--rolled-back <name>", "nothing of this migration is there");
    },
    required: ["--dir", "--targets"],
    load: () => import("./resolve.ts"),
  },
  {
    name: "repair",
    summary: "take the files' texts for those that were applied",
    details:
      "Brings the checksums of the ledger to those of the files. Changes the ledger and nothing else.\n\n" +
      "Exit code 0: done. 1: an error. 3: some tenants failed.",
    examples: [["repair --dir drizzle --targets 'data/*.db'", "after a file was edited on purpose"]],
    addOptions: (command) => {
      addFleetOptions(command).option("--forget-missing", "also remove entries of migrations that the folder lacks");
    },
    required: ["--dir", "--targets"],
    load: () => import("./repair.ts"),
  },
];

/** What is about the folder. */
function addFolderOptions(command: Command): Command {
  return command
    .option("--dir <folder>", "the folder of migrations")
    .addOption(new Option("--source <format>", "the format of the folder").choices(sourceChoices).default("auto"))
    .option("--ledger-table <name>", "the table of applied migrations (default: the tool's own)")
    .option("--json", "one JSON document on stdout");
}

function addFleetOptions(command: Command): Command {
  return addFolderOptions(command)
    .option("--targets <target...>", "quoted globs, paths and URLs of the tenants; may be repeated")
    .option("--concurrency <n>", "tenants under way at once", parseCount, 8)
    .addOption(
      new Option("--engine <name>", "what runs local files").choices(["libsql", "sqlite", "turso"]).default("libsql"),
    );
}

/** What is to be applied. */
function addPlanOptions(command: Command): Command {
  return command
    .option("--to <name>", "the last migration to apply (default: the newest)")
    .addOption(
      new Option("--order <rule>", "what to do with a migration that comes before one that is applied")
        .choices(["strict", "allow", "skip"])
        .default("strict"),
    );
}

/** How it runs. */
function addRunOptions(command: Command): Command {
  return command
    .option("--allow-destructive", "run what drops tables or columns or deletes rows")
    .option("--allow-row-loss <table...>", "tables that may have fewer rows afterwards although no migration says so")
    .option("--lock-timeout <ms>", "how long to wait for other writers", parseCount, 30_000);
}

function addScopeOption(command: Command): Command {
  return command.addOption(
    new Option("--tx <scope>", "one transaction for all pending migrations of a tenant, one a file, or one a statement")
      .choices(["all", "file", "none"])
      .default("all"),
  );
}
