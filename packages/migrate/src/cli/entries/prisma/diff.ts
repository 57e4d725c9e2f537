import type { Command } from "commander";
import type { CommandEntry } from "../../command.ts";
import { addProjectOptions } from "./project-options.ts";

/** `litefleet-migrate prisma diff` in `--help`. */
export const prismaDiff: CommandEntry = {
  name: "prisma diff",
  summary: "compare two of: nothing, migrations, a schema, a database",
  details:
    "Prints what makes the one of the other, in words or with --script as SQL. Changes nothing. A flag without its value takes what " +
    "prisma.config.ts says.\n\n" +
    "Exit code 0: done. 1: an error. 2: there are differences (only with --exit-code).",
  examples: [
    ["prisma diff --from-migrations --to-schema --script", "the SQL that prisma dev would write"],
    ["prisma diff --from-schema --to-database --exit-code", "whether the database is what the schema says"],
    [
      "prisma diff --from-empty --to-schema prisma/schema.prisma --script",
      "the whole schema as SQL, without a database",
    ],
  ],
  addOptions: (command) => {
    addSide("to", addSide("from", addProjectOptions(command)))
      .option("--script", "SQL in place of a summary")
      .option("--exit-code", "end with 2 if there are differences");
  },
  required: [],
  load: () => import("../../prisma/diff.ts"),
};

function addSide(which: "from" | "to", command: Command): Command {
  return command
    .option(`--${which}-empty`, "an empty database")
    .option(`--${which}-migrations [folder]`, "what the migrations of a folder make")
    .option(`--${which}-schema [path]`, "what a Prisma schema says")
    .option(`--${which}-database [url]`, "what a database has")
    .option(`--${which}-config-datasource`, "the database of prisma.config.ts");
}
