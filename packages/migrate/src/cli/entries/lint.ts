import { Option } from "commander";
import type { CommandEntry } from "../command.ts";
import { addFolderOptions } from "./option-groups.ts";

/** `litefleet-migrate lint` in `--help`. */
export const lint: CommandEntry = {
  name: "lint",
  summary: "find what is dangerous in a folder",
  details:
    "Looks at the folder alone: no database is opened. A comment -- litefleet:allow <rule> in or above a statement takes a finding " +
    "out.\n\n" +
    "Exit code 0: nothing but warnings. 1: an error. 2: findings.",
  examples: [
    ["lint --dir drizzle", "before a commit"],
    ["lint --dir drizzle --for sqld --format github", "in GitHub Actions, for a server"],
  ],
  addOptions: (command) => {
    addFolderOptions(command)
      .addOption(
        new Option("--format <name>", "how findings are printed")
          .choices(["pretty", "json", "github"])
          .default("pretty"),
      )
      .addOption(
        new Option("--for <engine...>", "engines whose refusals are errors").choices(["sqld", "turso"]).default([]),
      );
  },
  required: ["--dir"],
  load: () => import("../lint.ts"),
};
