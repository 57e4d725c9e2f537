import type { CommandEntry } from "../command.ts";
import { addFleetOptions } from "./option-groups.ts";

/** `litefleet-migrate resolve` in `--help`. */
export const resolve: CommandEntry = {
  name: "resolve",
  summary: "say what became of a migration that failed",
  details: "Changes the ledger and nothing else.\n\nExit code 0: done. 1: an error. 3: some tenants failed.",
  examples: [
    [
      "resolve --dir prisma/migrations --targets data/acme.db --rolled-back 20260101120000_plans",
      "nothing of it is left",
    ],
    [
      "resolve --dir prisma/migrations --targets data/acme.db --applied 20260101120000_plans",
      "it was finished by hand",
    ],
  ],
  addOptions: (command) => {
    addFleetOptions(command)
      .option("--applied <name>", "all of this migration is there")
      .option("--rolled-back <name>", "nothing of this migration is there");
  },
  required: ["--dir", "--targets"],
  load: () => import("../resolve.ts"),
};
