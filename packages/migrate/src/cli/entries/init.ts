import type { CommandEntry } from "../command.ts";

/** `litefleet-migrate init` in `--help`. */
export const init: CommandEntry = {
  name: "init",
  summary: "write litefleet.config.ts for this folder",
  details:
    "Looks for the migrations of drizzle-kit, Prisma, Kysely and plain SQL, and for databases, and writes what it finds into " +
    "litefleet.config.ts. Never overwrites one.\n\n" +
    "Exit code 0: written. 1: an error, or there is one already.",
  examples: [["init", "in the folder of package.json"]],
  addOptions: (command) => {
    command.option("--json", "one JSON document on stdout");
  },
  required: [],
  load: () => import("../init.ts"),
};
