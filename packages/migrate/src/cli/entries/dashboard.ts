import type { CommandEntry } from "../command.ts";
import { parsePort } from "../parse-port.ts";
import { addLedgerOption } from "../rollout-options.ts";

/** `litefleet-migrate dashboard` in `--help`. */
export const dashboard: CommandEntry = {
  name: "dashboard",
  summary: "show a run in the browser, live",
  details:
    "Reads the run ledger and serves one page to browsers of this machine, at 127.0.0.1 alone, until Ctrl-C. It can be started before, " +
    "during or after a run: without --run it shows the newest one, and each newer one when it begins. The page loads " +
    "nothing from elsewhere and holds no token. For others write a file: show --html.\n\n" +
    "Exit code 0: ended by Ctrl-C. 1: an error, such as a port that is taken.",
  examples: [
    ["dashboard", "the newest run; the address is printed"],
    ["dashboard --run 20260301-1425 --port 4983", "a run, at a port of your choice"],
  ],
  addOptions: (command) => {
    addLedgerOption(
      command.option("--config <file>", "the configuration (default: litefleet.config.{ts,mts,js,mjs,json} here)"),
    )
      .option("--run <id>", "a run, by the beginning of its id (default: the newest)")
      .option("--port <n>", "the port (default: a free one)", parsePort)
      .option("--json", "one JSON document on stdout");
  },
  required: [],
  load: () => import("../dashboard.ts"),
};
