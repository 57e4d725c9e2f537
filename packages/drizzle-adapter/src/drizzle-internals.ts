import type { InValue, ResultSet } from "@litefleet/driver";
import {
  type BuildRelationalQueryResult,
  Column,
  type DriverValueDecoder,
  type Placeholder,
  is,
  SQL,
  sql,
  type SQLChunk,
  StringChunk,
  Subquery,
} from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { PreparedQuery } from "drizzle-orm/session";
import { type PreparedQueryConfig, type SelectedFieldsOrdered, SQLitePreparedQuery } from "drizzle-orm/sqlite-core";
import * as drizzleUtils from "drizzle-orm/utils";

// What drizzle-orm 0.45 has at run time and leaves out of its types is reached in this file and nowhere else, so that
// a new version of it is checked in one place.

/** Which joined tables cannot be absent from a row; drizzle's select builder sets it on the query it prepares. */
type JoinsNotNullable = Record<string, boolean>;

type MapResultRow = (
  fields: SelectedFieldsOrdered,
  row: readonly unknown[],
  joinsNotNullable: JoinsNotNullable | undefined,
) => Record<string, unknown>;

const mapResultRow: MapResultRow = findMapResultRow(drizzleUtils);

/** Turns one row of values into the object that a query's types promise. */
export type RowMapper = (row: readonly unknown[], joinsNotNullable: JoinsNotNullable | undefined) => unknown;

/**
 * What makes objects of rows whose values are in the order of `fields`. Drizzle's own function looks at each row for what each field is;
 * where a row is one flat object, that is found out once.
 */
export function rowMapper(fields: SelectedFieldsOrdered): RowMapper {
  if (fields.some(({ path }) => path.length !== 1)) return (row, joined) => mapResultRow(fields, row, joined);
  const keys = fields.map(({ path: [key = ""] }) => key);
  const decoders = fields.map(({ field }) => decoderOf(field));
  return (row) => {
    const mapped: Record<string, unknown> = {};
    for (let i = 0; i < keys.length; i += 1) {
      const value = row[i];
      const decoder = decoders[i];
      mapped[keys[i]!] = value === null || decoder === undefined ? value : decoder.mapFromDriverValue(value);
    }
    return mapped;
  };
}

/** `undefined` for what is handed out as it is. */
function decoderOf(field: SelectedFieldsOrdered[number]["field"]): DriverValueDecoder<unknown, unknown> | undefined {
  const decoder = is(field, Column) ? field : decoderOfSql(sqlOf(field));
  return decoder.mapFromDriverValue === Column.prototype.mapFromDriverValue ? undefined : decoder;
}

function sqlOf(field: SQL | SQL.Aliased | Subquery): SQL {
  if (is(field, SQL)) return field;
  return is(field, Subquery) ? field._.sql : field.sql;
}

/** Hidden in the types. */
function decoderOfSql(query: SQL): DriverValueDecoder<unknown, unknown> {
  return (query as unknown as { readonly decoder: DriverValueDecoder<unknown, unknown> }).decoder;
}

/** `SQLitePreparedQuery` with the two members that subclasses need. */
export abstract class PreparedQueryWithInternals<T extends PreparedQueryConfig> extends SQLitePreparedQuery<T> {
  /** Set by drizzle's select builder after it prepared the query. */
  declare joinsNotNullableMap: JoinsNotNullable | undefined;

  /** Answers from the cache if the query may, runs `query` otherwise; its failure becomes a `DrizzleQueryError`. */
  declare protected queryWithCache: <R>(sql: string, params: unknown[], query: () => Promise<R>) => Promise<R>;
}

/** Whether a piece of SQL writes its parameters into its text; private in the types. */
export function inlinesParams(query: object): boolean {
  return "shouldInlineParams" in query && query.shouldInlineParams === true;
}

/** A LIMIT that stands in the text: at run time drizzle's dialect takes any SQL for one, its types know placeholders alone. */
export function writtenLimit(limit: number): Placeholder {
  return sql.raw(String(limit)) as unknown as Placeholder;
}

/** The fields that the nested part of a relational query puts into JSON: a list within `json_array(…)`. */
interface NestedFields {
  /** Puts other SQL in the place of a field. */
  replace(index: number, by: (field: SQL) => SQL): void;
}

/** Finds the fields of a nested relational query in the SQL that drizzle's dialect has built. */
export function nestedFields({ sql: built, selection }: BuildRelationalQueryResult): NestedFields {
  const list = is(built, SQL) ? findJsonArray(built) : undefined;
  // A list of SQL: field, comma, field, …
  if (list === undefined || list.length !== selection.length * 2 - 1) {
    throw new TypeError(
      "This version of drizzle-orm builds relational queries in a way that @litefleet/drizzle-adapter does not know",
    );
  }
  return {
    replace(index, by) {
      const field = list[index * 2];
      if (field !== undefined) list[index * 2] = by(sql`${field}`);
    },
  };
}

function findJsonArray({ queryChunks: [first, second, ...rest] }: SQL): SQLChunk[] | undefined {
  if (is(first, StringChunk) && first.value.join("") === "json_array(" && is(second, SQL)) return second.queryChunks;
  for (const chunk of [first, second, ...rest]) {
    const found = is(chunk, SQL) ? findJsonArray(chunk) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A query that `batch` can take: drizzle's builders and raw queries all prepare themselves. */
interface Batchable {
  _prepare(): PreparedQuery;
}

/** Prepares an item of a batch, or returns `undefined` for what is not a query. */
export function prepareBatchItem(item: unknown): PreparedQuery | undefined {
  return isBatchable(item) ? item._prepare() : undefined;
}

/** Drizzle types parameters as `unknown`; the driver checks each one before the database sees it. */
export function asDriverArgs(params: readonly unknown[]): InValue[] {
  return params as InValue[];
}

/** Drizzle hands a batch's answer back to us as `unknown`; it is always one that the driver's `batch` gave. */
export function asResultSet(batchResult: unknown): ResultSet {
  return batchResult as ResultSet;
}

/** The results of a batch, under the types that its queries promise: each was mapped by its own query. */
export function asBatchResponse<T extends readonly BatchItem<"sqlite">[]>(results: unknown[]): BatchResponse<T> {
  return results as BatchResponse<T>;
}

function isBatchable(item: unknown): item is Batchable {
  return typeof item === "object" && item !== null && "_prepare" in item && typeof item._prepare === "function";
}

function findMapResultRow(utils: Record<string, unknown>): MapResultRow {
  const found = utils["mapResultRow"];
  if (typeof found !== "function") {
    throw new TypeError(
      "This version of drizzle-orm has no mapResultRow; @litefleet/drizzle-adapter needs drizzle-orm ^0.45.4",
    );
  }
  return found as MapResultRow;
}
