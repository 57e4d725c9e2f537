import type { Command } from "commander";
import type { CommandEntry } from "../command.ts";
import { CommandLineOption } from "../config-options.ts";
import { parseCount } from "../parse-count.ts";
import { addPaceOptions } from "../rollout-options.ts";
import { addReportOptions } from "../report-options.ts";
import { addEngineOption, addTargetOptions } from "./option-groups.ts";

const about =
  "What a tenant has already is left alone. Without RUN it is the newest run. The folder, the goal and the tenants are those " +
  "of the run; tokens are not written down: they come from LIBSQL_AUTH_TOKEN or the configuration.\n\n" +
  "Exit code 0: done. 1: an error. 3: some tenants failed. 4: halted by a guard. 5: the run is in progress. 130: interrupted.";

function addOptions(command: Command): Command {
  command
    .addOption(
      new CommandLineOption("--dir <folder>", "where the run's folder of migrations lies now (default: as before)"),
    )
    .option("--allow-destructive", "also run what drops tables or columns or deletes rows")
    .option("--config <file>", "the configuration (default: litefleet.config.{ts,mts,js,mjs,json} here)")
    .option("--json", "one JSON document on stdout")
    .option("--concurrency <n>", "tenants under way at once (default: as before)", parseCount);
  return addReportOptions(addPaceOptions(addEngineOption(addTargetOptions(command))));
}

/** `litefleet-migrate resume` in `--help`. */
export const resume: CommandEntry = {
  name: "resume",
  arguments: "[run]",
  summary: "go on with a run that was stopped or killed",
  details: `Runs the tenants that have not been run to their end, wave by wave. ${about}`,
  examples: [
    ["resume", "the newest run of this folder"],
    ["resume 20260301-1425", "a run by the beginning of its id"],
  ],
  addOptions: (command) => {
    addOptions(command);
  },
  required: [],
  load: () => import("../resume.ts"),
};

/** `litefleet-migrate retry` in `--help`. */
export const retry: CommandEntry = {
  name: "retry",
  arguments: "[run]",
  summary: "run once more what has failed in a run",
  details: `Runs the tenants that have failed. ${about}`,
  examples: [
    ["retry --failed", "after the cause is gone"],
    ["retry --failed --allow-destructive", "after the run was halted since it takes data away, which is meant"],
  ],
  addOptions: (command) => {
    addOptions(command).option("--failed", "the tenants that have failed");
  },
  required: ["--failed"],
  load: () => import("../resume.ts"),
};
