import type { CommandEntry } from "../../command.ts";
import { addProjectOptions } from "./project-options.ts";

/** `litefleet-migrate prisma pull` in `--help`. */
export const prismaPull: CommandEntry = {
  name: "prisma pull",
  summary: "read the database's schema into schema.prisma",
  details:
    'Comments, @map and names of relations that are there stay. Columns for vectors come out as Unsupported("F32_BLOB(n)"), and ' +
    "the tables behind vector indexes and full-text search do not appear. Changes the schema only.\n\n" +
    "Exit code 0: done. 1: an error.",
  examples: [
    ["prisma pull", "into the schema of prisma.config.ts"],
    ["prisma pull --print --url data/acme.db", "only show it"],
  ],
  addOptions: (command) => {
    addProjectOptions(command)
      .option("--print", "the schema on stdout, and no file is written")
      .option("--force", "leave out of account what the schema has so far");
  },
  required: [],
  load: () => import("../../prisma/pull.ts"),
};
