import type { CommandEntry } from "../command.ts";
import { addLedgerOption } from "../rollout-options.ts";
import { addFleetOptions } from "./option-groups.ts";

/** `litefleet-migrate doctor` in `--help`. */
export const doctor: CommandEntry = {
  name: "doctor",
  summary: "what is wrong with this set-up, and its cure",
  details:
    "Looks at Node, the configuration, the folder, the engine and optional packages, opens some of the tenants, and looks at the " +
    "run ledger and the limit of open files. Changes nothing.\n\n" +
    "Exit code 0: nothing but warnings. 2: a problem was found.",
  examples: [
    ["doctor", "the set-up of litefleet.config.ts"],
    ["doctor --dir drizzle --targets 'data/*.db' --json", "one without, for a script"],
  ],
  addOptions: (command) => {
    addLedgerOption(addFleetOptions(command));
  },
  required: [],
  survivesBadConfig: true,
  load: () => import("../doctor.ts"),
};
