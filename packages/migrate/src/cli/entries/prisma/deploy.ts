import type { CommandEntry } from "../../command.ts";
import { parseCount } from "../../parse-count.ts";
import { addDestructiveOption, addProjectOptions } from "./project-options.ts";
import { Option } from "commander";

/** `litefleet-migrate prisma deploy` in `--help`. */
export const prismaDeploy: CommandEntry = {
  name: "prisma deploy",
  summary: "apply what is pending to the project's database",
  details:
    "In one transaction, each migration once however many processes start together, and no row is lost on the way. Needs neither the schema " +
    "engine nor Prisma's command line. For a fleet of databases there is `up --dir prisma/migrations --targets …`, which does the same with each.\n\n" +
    "Exit code 0: done. 1: an error, and the database is as it was. 4: refused, for it takes data away. 130: interrupted.",
  examples: [
    ["prisma deploy", "the database of prisma.config.ts"],
    ["prisma deploy --dir prisma/migrations --url libsql://shop.example.com", "another one"],
  ],
  addOptions: (command) => {
    addDestructiveOption(addProjectOptions(command))
      .addOption(
        new Option("--order <rule>", "what to do with a migration that comes before one that is applied")
          .choices(["strict", "allow", "skip"])
          .default("strict"),
      )
      .option("--lock-timeout <ms>", "how long to wait for other writers", parseCount, 30_000);
  },
  required: [],
  load: () => import("../../prisma/deploy.ts"),
};
