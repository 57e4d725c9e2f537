import type { CommandEntry } from "../../command.ts";
import { addProjectOptions } from "./project-options.ts";

/** `litefleet-migrate prisma resolve` in `--help`. */
export const prismaResolve: CommandEntry = {
  name: "prisma resolve",
  summary: "say what became of a migration that failed, or that was applied by hand",
  details:
    "Changes _prisma_migrations and nothing else, as Prisma does it. With --applied for each migration that is there already an existing database " +
    "is taken over.\n\nExit code 0: done. 1: an error.",
  examples: [
    ["prisma resolve --rolled-back 20260101120000_plans", "nothing of it is left: the next deploy runs it again"],
    ["prisma resolve --applied 20260101120000_plans", "all of it is there"],
  ],
  addOptions: (command) => {
    addProjectOptions(command)
      .option("--applied <name>", "all of this migration is there")
      .option("--rolled-back <name>", "nothing of this migration is there");
  },
  required: [],
  load: () => import("../../prisma/resolve.ts"),
};
