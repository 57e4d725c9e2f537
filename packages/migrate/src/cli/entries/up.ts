import type { CommandEntry } from "../command.ts";
import { addRolloutOptions } from "../rollout-options.ts";
import { addReportOptions } from "../report-options.ts";
import { addFleetOptions, addPlanOptions, addRunOptions, addScopeOption } from "./option-groups.ts";

/** `litefleet-migrate up` in `--help`. */
export const up: CommandEntry = {
  name: "up",
  summary: "bring every tenant to the newest migration",
  details:
    "Applies what is pending, for each tenant in one transaction: a tenant gets all of it or nothing. A tenant that " +
    "fails does not stop the others of its wave; a wave with failures stops the waves after it, save within " +
    "--max-failures. Run it again as often as you like: what is done is left alone. The run is written down, and goes " +
    "on with resume whatever ended it.\n\n" +
    "What drops tables or columns or deletes rows is asked about on a terminal, and elsewhere wants " +
    "--allow-destructive.\n\n" +
    "Exit code 0: done. 1: an error, nothing was started. 3: some tenants failed. 4: halted by a guard: the " +
    "failure budget, a hook, or a plan that takes data away. 5: another run has this fleet in hand. 130: interrupted.",
  examples: [
    ["up --dir drizzle --targets 'data/*.db'", "all files of a folder"],
    ["up --dir drizzle --targets 'data/*.db' --to 0003_add_plans", "up to and including this migration"],
    [
      "up --dir drizzle --targets 'data/*.db' --canary acme --waves 10%,100% --pause 5m",
      "acme first, then a tenth, then all",
    ],
    ["up --dir drizzle --targets 'data/*.db' --reporter github --junit migrations.xml", "in GitHub Actions"],
    ["up --dir drizzle --targets data/acme.db", "one tenant; the file is created if it is not there"],
    ["up --dir drizzle --targets libsql://acme.example.com", "a server, with the token in LIBSQL_AUTH_TOKEN"],
  ],
  addOptions: (command) => {
    addReportOptions(addRolloutOptions(addRunOptions(addPlanOptions(addScopeOption(addFleetOptions(command)))))).option(
      "--dry-run",
      "show what would run, as plan does",
    );
  },
  required: ["--dir", "--targets"],
  load: () => import("../up.ts"),
};
