import type { CommandEntry } from "../../command.ts";
import { addProjectOptions } from "./project-options.ts";

/** `litefleet-migrate prisma reset` in `--help`. */
export const prismaReset: CommandEntry = {
  name: "prisma reset",
  summary: "drop every table of the project's database and apply all migrations",
  details:
    "All data of the database is lost. Asks on a terminal; elsewhere it wants --force.\n\n" +
    "Exit code 0: done. 1: an error. 4: refused. 130: interrupted.",
  examples: [["prisma reset --force", "start anew, in development"]],
  addOptions: (command) => {
    addProjectOptions(command).option("--force", "do not ask");
  },
  required: [],
  load: () => import("../../prisma/reset.ts"),
};
