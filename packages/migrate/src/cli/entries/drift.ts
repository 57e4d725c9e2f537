import type { CommandEntry } from "../command.ts";
import { addFleetOptions } from "./option-groups.ts";

/** `litefleet-migrate drift` in `--help`. */
export const drift: CommandEntry = {
  name: "drift",
  summary: "compare the schemas of all tenants",
  details:
    "Groups the tenants by their normalised schemas and shows in what each outlier differs from a reference. White space, quotes, the " +
    "case of keywords, IF NOT EXISTS and the order of objects do not count, nor do ledgers and what engines keep for themselves. " +
    "Changes nothing.\n\n" +
    "Exit code 0: one shape. 1: an error. 2: more than one, or not that of the reference. 3: some tenants could not be read. 130: interrupted.",
  examples: [
    ["drift --targets 'data/*.db'", "the outliers against what most tenants have"],
    ["drift --targets 'data/*.db' --reference acme", "against one tenant"],
    [
      "drift --dir drizzle --targets 'data/*.db' --reference folder",
      "against what the migrations make of an empty database",
    ],
  ],
  addOptions: (command) => {
    addFleetOptions(command).option(
      "--reference <tenant>",
      'what to compare with: a tenant, "folder" for --dir, or another folder of migrations (default: the largest group)',
    );
  },
  required: ["--targets"],
  load: () => import("../drift.ts"),
};
