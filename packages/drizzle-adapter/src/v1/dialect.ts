import { entityKind, sql } from "drizzle-orm-v1";
import { SQLiteDialect } from "drizzle-orm-v1/sqlite-core";
import { asLimit } from "./drizzle-internals.ts";

type RelationalQuery = Parameters<SQLiteDialect["buildRelationalQuery"]>[0];
type QueryConfig = RelationalQuery["queryConfig"];

/** Drizzle's dialect, save for the limits of nested rows. */
export class LitefleetDialect extends SQLiteDialect {
  static override readonly [entityKind]: string = "LitefleetDialect";

  override buildRelationalQuery(query: RelationalQuery): ReturnType<SQLiteDialect["buildRelationalQuery"]> {
    return super.buildRelationalQuery({ ...query, queryConfig: withWrittenLimits(query.queryConfig) });
  }
}

/**
 * Turso Database 0.7 counts a bound LIMIT of nested rows for all outer rows together, and one that is written in the text for each.
 * The outermost limit is left as it is.
 */
function withWrittenLimits(config: QueryConfig): QueryConfig {
  if (config === true || config?.with === undefined) return config;
  const nested = Object.entries(config.with).map(([key, value]) => {
    if (typeof value !== "object") return [key, value];
    const limit = "limit" in value && Number.isSafeInteger(value.limit) ? sql.raw(String(value.limit)) : undefined;
    return [key, withWrittenLimits(limit === undefined ? value : { ...value, limit: asLimit(limit) })];
  });
  return { ...config, with: Object.fromEntries(nested) };
}
