import { Option } from "commander";
import type { Command } from "commander";
import type { RawOptions } from "./command.ts";

/** What stdout gets of a run. */
const reporters = ["pretty", "json", "ndjson", "github"] as const;

/** How a run is told on stdout, and into which files. */
export function addReportOptions(command: Command): Command {
  return addFileOptions(
    command
      .addOption(
        new Option("--ndjson", "a line of JSON for the run, each wave, and each tenant as it ends").conflicts([
          "json",
          "reporter",
        ]),
      )
      .addOption(new Option("--reporter <name>", "what stdout gets").choices(reporters).conflicts(["json", "ndjson"])),
  );
}

/** Files that a run is written into. */
export function addFileOptions(command: Command): Command {
  return command
    .option("--junit <file>", "also write the run as JUnit XML")
    .option("--html <file>", "also write the run as a page that needs nothing beside itself");
}

/** What stdout is to get. */
export function readReporter(options: RawOptions): (typeof reporters)[number] {
  if (options["json"] === true) return "json";
  if (options["ndjson"] === true) return "ndjson";
  return reporters.find((name) => name === options["reporter"]) ?? "pretty";
}
