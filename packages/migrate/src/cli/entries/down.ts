import { Option } from "commander";
import type { CommandEntry } from "../command.ts";
import { parseCount } from "../parse-count.ts";
import { addReportOptions } from "../report-options.ts";
import { addRolloutOptions } from "../rollout-options.ts";
import { addFleetOptions, addRunOptions, addScopeOption } from "./option-groups.ts";

/** `litefleet-migrate down` in `--help`. */
export const down: CommandEntry = {
  name: "down",
  summary: "undo the last migrations",
  details:
    "For dbmate, goose, golang-migrate, Flyway (U files) and Kysely. In one transaction a tenant, with the guards of up: " +
    "what takes data away is asked about on a terminal, and elsewhere wants --allow-destructive.\n\n" +
    "Exit code 0: done. 1: an error. 3: some tenants failed. 4: halted by a guard. 5: another run " +
    "has this fleet in hand. 130: interrupted.",
  examples: [
    ["down --dir migrations --targets data/acme.db --allow-destructive", "one step back"],
    ["down --dir migrations --targets data/acme.db --to 0003 --allow-destructive", "until 0003 is the last one"],
  ],
  addOptions: (command) => {
    addReportOptions(addRolloutOptions(addRunOptions(addScopeOption(addFleetOptions(command)))))
      .option("--steps <n>", "how many migrations to undo (default: 1)", parseCount)
      .addOption(
        new Option("--to <name>", "the migration that is the last one afterwards; 0 for none").conflicts("steps"),
      );
  },
  required: ["--dir", "--targets"],
  load: () => import("../down.ts"),
};
