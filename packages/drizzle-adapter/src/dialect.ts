import { entityKind } from "drizzle-orm";
import type { BuildQueryConfig, Column, QueryWithTypings, SQL } from "drizzle-orm";
import { CasingCache } from "drizzle-orm/casing";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { readableInJson } from "./nested-columns.ts";
import { PlainWrites } from "./plain-writes.ts";
import { QueryText, WrittenNames } from "./query-text.ts";

type RelationalQueryPart = Parameters<SQLiteAsyncDialect["buildRelationalQuery"]>[0];
type BuiltRelationalQuery = ReturnType<SQLiteAsyncDialect["buildRelationalQuery"]>;

/** Drizzle's dialect, with a quicker way from a query to its text. */
export class LitefleetDialect extends SQLiteAsyncDialect {
  static override readonly [entityKind]: string = "LitefleetDialect";

  readonly #config: BuildQueryConfig;
  readonly #names = new WrittenNames();
  readonly #plainWrites = new PlainWrites((column) => this.columnName(column));

  constructor(config: ConstructorParameters<typeof SQLiteAsyncDialect>[0]) {
    super(config);
    this.#config = {
      casing: new CasingCache(config?.casing),
      escapeName: (name) => this.escapeName(name),
      escapeParam: (number) => this.escapeParam(number),
      escapeString: (text) => this.escapeString(text),
    };
  }

  override sqlToQuery(query: SQL, invokeSource?: "indexes"): QueryWithTypings {
    if (invokeSource !== undefined) return super.sqlToQuery(query, invokeSource);
    return new QueryText(this.#config, this.#names).append([query]);
  }

  override buildUpdateQuery(config: Parameters<SQLiteAsyncDialect["buildUpdateQuery"]>[0]): SQL {
    return this.#plainWrites.update(config) ?? super.buildUpdateQuery(config);
  }

  override buildInsertQuery(config: Parameters<SQLiteAsyncDialect["buildInsertQuery"]>[0]): SQL {
    return this.#plainWrites.insert(config) ?? super.buildInsertQuery(config);
  }

  override buildRelationalQuery(part: RelationalQueryPart): BuiltRelationalQuery {
    const built = super.buildRelationalQuery(part);
    return part.nestedQueryRelation === undefined ? built : readableInJson(built);
  }

  /** A column's name in the database. */
  columnName(column: Column): string {
    return this.#config.casing.getColumnCasing(column);
  }
}
