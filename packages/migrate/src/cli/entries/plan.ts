import type { CommandEntry } from "../command.ts";
import { addFleetOptions, addPlanOptions, addScopeOption } from "./option-groups.ts";

/** `litefleet-migrate plan` in `--help`. */
export const plan: CommandEntry = {
  name: "plan",
  summary: "show what up would run, and what it means",
  details:
    "Prints the SQL for each group of tenants that lack the same, with the tables that are rebuilt, the rows touched, what " +
    "takes data away and what the engine refuses. Changes nothing.\n\n" +
    "Exit code 0: nothing to do. 1: an error. 2: something is pending. 3: some tenants could not be read.",
  examples: [["plan --dir drizzle --targets 'data/*.db'", "what the next up would do"]],
  addOptions: (command) => {
    addPlanOptions(addScopeOption(addFleetOptions(command)));
  },
  required: ["--dir", "--targets"],
  load: () => import("../plan.ts"),
};
