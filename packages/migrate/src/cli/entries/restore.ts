import { defaultBackups } from "../../backup/backup-record.ts";
import type { CommandEntry } from "../command.ts";

/** `litefleet-migrate restore` in `--help`. */
export const restore: CommandEntry = {
  name: "restore",
  arguments: "<run|tenant>",
  summary: "bring tenants back to what they were before a run",
  details:
    "Takes the backups that up and down made with --backup: all of a run, or the newest of a tenant. A file is replaced in one step, and " +
    "only if nobody has it open, as far as that can be known. What was there is kept beside.\n\n" +
    "Asks on a terminal, and elsewhere wants --replace.\n\n" +
    "Exit code 0: done. 1: an error, nothing was changed. 3: some could not be restored and are as they were. 4: not confirmed.",
  examples: [
    ["restore latest --replace", "everything that the last run backed up"],
    ["restore acme", "the newest backup of one tenant"],
  ],
  addOptions: (command) => {
    command
      .option("--only <tenant...>", "only these tenants of the run")
      .option("--backups <folder>", `where backups are kept (default: ${defaultBackups})`)
      .option("--replace", "replace what is there")
      .option("--json", "one JSON document on stdout");
  },
  required: [],
  load: () => import("../restore.ts"),
};
