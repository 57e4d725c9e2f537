import type { CommandEntry } from "../command.ts";
import { addFleetOptions } from "./option-groups.ts";

/** `litefleet-migrate repair` in `--help`. */
export const repair: CommandEntry = {
  name: "repair",
  summary: "take the files' texts for what was applied",
  details:
    "Brings the checksums of the ledger to those of the files. Changes the ledger and nothing else.\n\n" +
    "Exit code 0: done. 1: an error. 3: some tenants failed.",
  examples: [["repair --dir drizzle --targets 'data/*.db'", "after a file was edited on purpose"]],
  addOptions: (command) => {
    addFleetOptions(command).option("--forget-missing", "also remove entries of migrations that the folder lacks");
  },
  required: ["--dir", "--targets"],
  load: () => import("../repair.ts"),
};
