import { entityKind } from "drizzle-orm";
import type { QueryWithTypings, SQL } from "drizzle-orm";
import { CasingCache } from "drizzle-orm/casing";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { QueryText } from "./query-text.ts";

/** Drizzle's dialect, with a quicker way from a query to its text. */
export class LitefleetDialect extends SQLiteAsyncDialect {
  static override readonly [entityKind]: string = "LitefleetDialect";

  readonly #casing: CasingCache;

  constructor(config: ConstructorParameters<typeof SQLiteAsyncDialect>[0]) {
    super(config);
    this.#casing = new CasingCache(config?.casing);
  }

  override sqlToQuery(query: SQL, invokeSource?: "indexes"): QueryWithTypings {
    if (invokeSource !== undefined) return super.sqlToQuery(query, invokeSource);
    const { escapeName, escapeParam, escapeString } = this;
    return new QueryText({ casing: this.#casing, escapeName, escapeParam, escapeString }).append([query]);
  }
}
