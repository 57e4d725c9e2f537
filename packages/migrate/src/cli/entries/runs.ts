import type { CommandEntry } from "../command.ts";
import { parseCount } from "../parse-count.ts";
import { addLedgerOption } from "../rollout-options.ts";
import { addFileOptions } from "../report-options.ts";

const configOption = [
  "--config <file>",
  "the configuration (default: litefleet.config.{ts,mts,js,mjs,json} here)",
] as const;

/** `litefleet-migrate runs` in `--help`. */
export const runs: CommandEntry = {
  name: "runs",
  summary: "list the runs of the run ledger",
  details: "The newest first. Exit code 0: done. 1: an error, such as no run ledger.",
  examples: [["runs", "what has been run from this folder"]],
  addOptions: (command) => {
    addLedgerOption(command.option(...configOption))
      .option("--limit <n>", "so many at most (default: 20)", parseCount)
      .option("--json", "one JSON document on stdout");
  },
  required: [],
  load: () => import("../runs.ts"),
};

/** `litefleet-migrate show` in `--help`. */
export const show: CommandEntry = {
  name: "show",
  arguments: "[run]",
  summary: "show a run: its waves, tenants and errors",
  details: "Without RUN the newest one. Exit code 0: done. 1: an error, such as a run that is not there.",
  examples: [
    ["show", "the newest run"],
    ["show 20260301-1425 --json", "a run by the beginning of its id, with every tenant"],
    ["show --html run.html", "as a page, for others"],
  ],
  addOptions: (command) => {
    addFileOptions(addLedgerOption(command.option(...configOption)).option("--json", "one JSON document on stdout"));
  },
  required: [],
  load: () => import("../show.ts"),
};
