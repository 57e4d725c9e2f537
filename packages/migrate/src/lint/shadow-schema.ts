import type { DatabaseSync } from "node:sqlite";
import { fold } from "../safety/table-trace.ts";
import type { Effect } from "../sql/effect.ts";
import { quoteIdentifier } from "../sql/quote.ts";

/** A column that has to be given a value. */
interface RequiredColumn {
  readonly name: string;
}

/**
 * The schema that a folder's migrations make, kept in a database in memory: DDL is run in it, other statements are only
 * compiled. What SQLite itself cannot run leaves it as it was.
 */
export class ShadowSchema {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  static async open(): Promise<ShadowSchema> {
    const { DatabaseSync: Database } = await import("node:sqlite");
    // A name in double quotes that is no column is an error here, and not a text as it is elsewhere.
    return new ShadowSchema(new Database(":memory:", { enableDoubleQuotedStringLiterals: false }));
  }

  /** Runs DDL; anything else leaves the schema alone. */
  apply(sql: string, effect: Effect): void {
    const isSchema =
      effect.kind === "neutral" || ["create", "drop", "rename", "add-column", "drop-column"].includes(effect.kind);
    if (!isSchema || !/^\s*(?:CREATE|DROP|ALTER)\b/iu.test(sql)) return;
    try {
      this.#db.exec("PRAGMA foreign_keys = OFF");
      this.#db.exec(sql);
    } catch {
      // Of another engine, or it fails there too.
    }
  }

  /** The name in double quotes that the statement takes for a column, although there is none. */
  missingColumn(sql: string): string | undefined {
    try {
      this.#db.prepare(sql);
      return undefined;
    } catch (error) {
      const name =
        error instanceof Error
          ? /no such column: "?(?<name>[^"]+)"?/u.exec(error.message)?.groups?.["name"]
          : undefined;
      return name !== undefined && sql.includes(`"${name}"`) ? name : undefined;
    }
  }

  /** Columns of a table that are NOT NULL and have no default. A rowid is given by itself. */
  requiredColumns(table: string): RequiredColumn[] {
    const rows = this.#db.prepare(`PRAGMA table_xinfo(${quoteIdentifier(table)})`).all();
    return rows
      .filter((row) => row["notnull"] === 1 && row["dflt_value"] === null && row["hidden"] === 0)
      .filter((row) => !(row["pk"] === 1 && /^integer$/iu.test(String(row["type"]))))
      .map((row) => ({ name: String(row["name"]) }));
  }

  /** The tables whose rows go, or lose their reference, with rows of `table`. */
  referringTables(table: string): string[] {
    const tables = this.#db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    return tables
      .map((row) => String(row["name"]))
      .filter((name) => fold(name) !== fold(table))
      .filter((name) =>
        this.#db
          .prepare(`PRAGMA foreign_key_list(${quoteIdentifier(name)})`)
          .all()
          .some((key) => fold(String(key["table"])) === fold(table) && /CASCADE|SET/u.test(String(key["on_delete"]))),
      );
  }

  close(): void {
    this.#db.close();
  }
}
