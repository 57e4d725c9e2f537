import { Option } from "commander";
import { sourceChoices } from "../../source/source.ts";
import type { CommandEntry } from "../command.ts";

/** `litefleet-migrate new` in `--help`. */
export const newEntry: CommandEntry = {
  name: "new",
  arguments: "<name>",
  summary: "write a new empty migration",
  details:
    "The format and the numbering are those of the folder; an empty folder wants --source. For drizzle-kit the journal and the " +
    "snapshot are written too, as drizzle-kit generate --custom does. Overwrites nothing.\n\n" +
    "Exit code 0: done. 1: an error, nothing was written.",
  examples: [
    ["new add_plans", "after the newest of the configuration's folder"],
    ["new add_plans --dir migrations", "in another folder"],
    ["new init --dir migrations --source goose", "the first one"],
  ],
  addOptions: (command) => {
    command
      .option("--dir <folder>", "the folder of migrations (default: that of litefleet.config.ts)")
      .addOption(new Option("--source <format>", "the format of the folder").choices(sourceChoices).default("auto"))
      .option("--config <file>", "the configuration (default: litefleet.config.{ts,mts,js,mjs,json} here)")
      .option("--json", "one JSON document on stdout");
  },
  required: ["--dir"],
  load: () => import("../new.ts"),
};
