import type { CommandEntry } from "../command.ts";
import { addFleetOptions, addPlanOptions, addScopeOption } from "./option-groups.ts";

/** `litefleet-migrate rehearse` in `--help`. */
export const rehearse: CommandEntry = {
  name: "rehearse",
  summary: "run what is pending on copies of some tenants",
  details:
    "Copies a sample of the tenants (10, or --sample N), a file into a temporary folder, a namespace of a libSQL server into a fork and a database on Turso Cloud into a branch, runs what " +
    "up would, and tells how long it takes and what becomes of the rows of each table. The copies are removed; the tenants are not changed. " +
    "What takes data away runs here without being asked.\n\n" +
    "Exit code 0: it works on the sample. 1: an error. 3: it failed on some. 130: interrupted.",
  examples: [
    ["rehearse --dir drizzle --targets 'data/*.db'", "on ten of them"],
    ["rehearse --dir drizzle --targets 'data/*.db' --sample 5% --seed monday", "on others, and more"],
  ],
  addOptions: (command) => {
    addPlanOptions(addScopeOption(addFleetOptions(command))).option(
      "--allow-row-loss <table...>",
      "tables that may have fewer rows afterwards although no migration says so",
    );
  },
  required: ["--dir", "--targets"],
  load: () => import("../rehearse.ts"),
};
