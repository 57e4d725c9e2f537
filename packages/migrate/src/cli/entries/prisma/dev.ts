import type { CommandEntry } from "../../command.ts";
import { addDestructiveOption, addProjectOptions } from "./project-options.ts";

/** `litefleet-migrate prisma dev` in `--help`. */
export const prismaDev: CommandEntry = {
  name: "prisma dev",
  summary: "make a migration of what has changed in schema.prisma, and apply it",
  details:
    "Applies what is pending, compares the schema with the migrations, writes the difference as a new migration, and applies " +
    "that. Where rows would be lost it asks on a terminal, and elsewhere wants --allow-destructive. If the database is not what its migrations " +
    "make (drift, edited or missing files) it says so and changes nothing; it never resets.\n\n" +
    "Exit code 0: done. 1: an error, such as a step that the rows that are there stand in the way of. 2: the database and the folder have gone different ways. " +
    "4: refused, for it takes data away. 130: interrupted.",
  examples: [
    ["prisma dev --name add-plans", "after a change of schema.prisma"],
    ["prisma dev --name add-plans --create-only", "write the migration, to be looked through before it is applied"],
    ["prisma dev --url http://localhost:8080", "on a libSQL server, with the token in LIBSQL_AUTH_TOKEN"],
  ],
  addOptions: (command) => {
    addDestructiveOption(addProjectOptions(command))
      .option("--name <name>", "what to call the migration (default: migration)")
      .option("--create-only", "write the migration and do not apply it");
  },
  required: [],
  load: () => import("../../prisma/dev.ts"),
};
