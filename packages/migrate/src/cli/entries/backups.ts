import { defaultBackups } from "../../backup/backup-record.ts";
import type { CommandEntry } from "../command.ts";
import { parseCount } from "../parse-count.ts";

/** `litefleet-migrate backups` in `--help`. */
export const backups: CommandEntry = {
  name: "backups",
  summary: "show the backups of runs, and delete old ones",
  details: "The newest first.\n\nExit code 0: done. 1: an error.",
  examples: [
    ["backups", "what there is"],
    ["backups --prune-days 30", "delete those that are older than 30 days"],
  ],
  addOptions: (command) => {
    command
      .option("--run <id>", "only those of this run")
      .option("--backups <folder>", `where backups are kept (default: ${defaultBackups})`)
      .option("--prune-days <n>", "delete those that are older than so many days", parseCount)
      .option("--json", "one JSON document on stdout");
  },
  required: [],
  load: () => import("../backups.ts"),
};
