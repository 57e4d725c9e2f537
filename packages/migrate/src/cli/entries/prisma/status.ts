import type { CommandEntry } from "../../command.ts";
import { addProjectOptions } from "./project-options.ts";

/** `litefleet-migrate prisma status` in `--help`. */
export const prismaStatus: CommandEntry = {
  name: "prisma status",
  summary: "show which migrations the project's database has",
  details:
    "Also those that were edited since, that the folder lacks, or that were not finished. Changes nothing.\n\n" +
    "Exit code 0: up to date. 1: an error. 2: something is pending or not as the folder says.",
  examples: [
    ["prisma status", "the database of prisma.config.ts"],
    ["prisma status --url data/acme.db --json", "another one, for a script"],
  ],
  addOptions: (command) => {
    addProjectOptions(command);
  },
  required: [],
  load: () => import("../../prisma/status.ts"),
};
