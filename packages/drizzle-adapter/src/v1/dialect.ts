import { entityKind, sql } from "drizzle-orm-v1";
import { SQLiteDialect } from "drizzle-orm-v1/sqlite-core";
import { asLimit } from "./drizzle-internals.ts";

type RelationalQuery = Parameters<SQLiteDialect["buildRelationalQuery"]>[0];
type QueryConfig = RelationalQuery["queryConfig"];
type Nested = NonNullable<Exclude<QueryConfig, true | undefined>["with"]>[string];

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
  const nested: NonNullable<typeof config.with> = {};
  for (const [key, value] of Object.entries(config.with)) nested[key] = withOwnLimit(value);
  return { ...config, with: nested };
}

function withOwnLimit(config: Nested): Nested {
  if (typeof config !== "object") return config;
  const limit: unknown = "limit" in config ? config.limit : undefined;
  const isWritten = typeof limit === "number" && Number.isSafeInteger(limit);
  return withWrittenLimits(isWritten ? { ...config, limit: asLimit(sql.raw(String(limit))) } : config);
}
