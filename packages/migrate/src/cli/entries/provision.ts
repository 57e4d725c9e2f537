import { Option } from "commander";
import type { CommandEntry } from "../command.ts";
import { parseCount } from "../parse-count.ts";
import { addFolderOptions } from "./option-groups.ts";

/** `litefleet-migrate provision` in `--help`. */
export const provision: CommandEntry = {
  name: "provision",
  arguments: "<tenant...>",
  summary: "make new tenants from a migrated template",
  details:
    "Copies a database to which everything was applied, in place of applying it anew: a file; on a server a fork of a namespace; on Turso " +
    "Cloud a branch, for which the token of its Platform API is in TURSO_API_TOKEN. The " +
    "template is made when it is first needed, and anew when the migrations have changed. A tenant is there as a whole or not at all, " +
    "and one that exists is never overwritten.\n\n" +
    "Exit code 0: done. 1: an error, nothing was made. 3: some were not made. 130: interrupted.",
  examples: [
    ["provision data/acme.db data/globex.db --dir drizzle", "two new files"],
    ["provision acme globex --dir drizzle --into 'data/{name}.db'", "the same by name"],
    [
      "provision acme --dir drizzle --into http://127.0.0.1:8080 --admin-url http://127.0.0.1:8081",
      "a namespace on a libSQL server",
    ],
    ["provision acme --dir drizzle --into turso:my-org/default", "a database in a group on Turso Cloud"],
  ],
  addOptions: (command) => {
    addFolderOptions(command)
      .option(
        "--into <pattern>",
        "where tenants lie: 'data/{name}.db', the URL of a server of namespaces, or turso:ORG/GROUP",
      )
      .option("--admin-url <url>", "the server's admin API (its key: LIBSQL_ADMIN_AUTH_KEY)")
      .option("--templates <folder>", "where templates are kept (default: .litefleet/templates)")
      .option("--concurrency <n>", "tenants under way at once", parseCount, 8)
      .addOption(
        new Option("--engine <name>", "what runs local files").choices(["libsql", "sqlite", "turso"]).default("libsql"),
      );
  },
  required: ["--dir"],
  load: () => import("../provision.ts"),
};
