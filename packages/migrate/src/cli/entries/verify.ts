import type { CommandEntry } from "../command.ts";
import { addFleetOptions } from "./option-groups.ts";

/** `litefleet-migrate verify` in `--help`. */
export const verify: CommandEntry = {
  name: "verify",
  summary: "compare each tenant's history with the folder",
  details:
    "Finds migrations that were edited after they were applied, that are missing from the folder, that came in late, and that " +
    "were not finished. Changes nothing.\n\n" +
    "Exit code 0: all is well. 1: an error. 2: something was found. 3: some tenants could not be read.",
  examples: [["verify --dir drizzle --targets 'data/*.db'", "the whole fleet"]],
  addOptions: (command) => {
    addFleetOptions(command);
  },
  required: ["--dir", "--targets"],
  load: () => import("../verify.ts"),
};
