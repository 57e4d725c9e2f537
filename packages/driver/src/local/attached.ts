import { parseStatement } from "../sql/parse.ts";
import type { Connection } from "./connection.ts";

const sql = "PRAGMA database_list";
const databaseList = { sql, parsed: parseStatement(sql), args: [], intMode: "number" } as const;

/** The statements that attach to another connection what is attached to this one. A database in memory cannot be. */
export function attachedTo(connection: Connection): string[] {
  const { rows } = connection.run(databaseList);
  const files = rows.map(([, name, file]) => [String(name), String(file ?? "")] as const);
  return files
    .filter(([name, file]) => name !== "main" && name !== "temp" && file !== "")
    .map(([name, file]) => `ATTACH '${file.replaceAll("'", "''")}' AS "${name.replaceAll('"', '""')}"`);
}
