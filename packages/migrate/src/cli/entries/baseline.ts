import type { CommandEntry } from "../command.ts";
import { addFleetOptions } from "./option-groups.ts";

/** `litefleet-migrate baseline` in `--help`. */
export const baseline: CommandEntry = {
  name: "baseline",
  summary: "record migrations without running them",
  details:
    "For databases whose schema was made in another way.\n\nExit code 0: done. 1: an error. 3: some tenants failed.",
  examples: [
    ["baseline --dir drizzle --targets data/acme.db --at 0003_add_plans", "everything up to this one is there"],
  ],
  addOptions: (command) => {
    addFleetOptions(command).option("--at <name>", "the last migration that is there already");
  },
  required: ["--dir", "--targets", "--at"],
  load: () => import("../baseline.ts"),
};
