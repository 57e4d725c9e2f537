import type { CommandEntry } from "../command.ts";
import { addFleetOptions } from "./option-groups.ts";

/** `litefleet-migrate status` in `--help`. */
export const status: CommandEntry = {
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
  load: () => import("../status.ts"),
};
