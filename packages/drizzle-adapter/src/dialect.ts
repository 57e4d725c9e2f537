import { entityKind, is, Many } from "drizzle-orm";
import type { BuildQueryConfig, Column, QueryWithTypings, SQL } from "drizzle-orm";
import { CasingCache } from "drizzle-orm/casing";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { writtenLimit } from "./drizzle-internals.ts";
import { readableInJson } from "./nested-columns.ts";
import { PlainWrites } from "./plain-writes.ts";
import { QueryText, WrittenNames } from "./query-text.ts";

type RelationalQueryPart = Parameters<SQLiteAsyncDialect["buildRelationalQuery"]>[0];
type BuiltRelationalQuery = ReturnType<SQLiteAsyncDialect["buildRelationalQuery"]>;

/** Turso Database 0.7 counts a bound LIMIT of nested rows for all outer rows together, and one that is written in the text for each. */
function withWrittenLimit(config: RelationalQueryPart["queryConfig"]): RelationalQueryPart["queryConfig"] {
  if (config === true || !isCount(config.limit)) return config;
  return { ...config, limit: writtenLimit(config.limit) };
}

function isCount(limit: unknown): limit is number {
  return typeof limit === "number" && Number.isSafeInteger(limit) && limit >= 0;
}

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
    const { nestedQueryRelation: relation, queryConfig } = part;
    if (relation === undefined) return super.buildRelationalQuery(part);
    const nested = is(relation, Many) ? { ...part, queryConfig: withWrittenLimit(queryConfig) } : part;
    return readableInJson(super.buildRelationalQuery(nested));
  }

  /** A column's name in the database. */
  columnName(column: Column): string {
    return this.#config.casing.getColumnCasing(column);
  }
}
