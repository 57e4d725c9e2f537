import type { VectorMetric } from "./distance.ts";
import { isSameName, tokens, unquote } from "./sql-words.ts";

/** A vector index as the schema has it. */
export interface FoundIndex {
  readonly name: string;
  readonly metric: VectorMetric;
  /** Its options as they stand in its SQL, such as `compress_neighbors` → `float8`. */
  readonly options: Readonly<Record<string, string>>;
  /** How many nodes a search looks at; it cannot give more rows than that. */
  readonly searchL: number;
  /** Whether it has only the rows of a WHERE clause. */
  readonly isPartial: boolean;
  /** Whether it was emptied for a bulk insert, see {@link suspendedSql}. */
  readonly isSuspended: boolean;
  /** The statement that made it. */
  readonly sql: string;
}

/** What libSQL takes where an index says nothing else. */
const defaultSearchL = 200;

/** Behind its statement, an index holds no row: it is there, costs nothing, and says that it wants to be built. */
const suspension = "\nWHERE 0";

/** The statement that makes an index without its rows. A crash leaves it so in the schema, options and all. */
export function suspendedSql({ sql }: FoundIndex): string {
  return sql + suspension;
}

/** The statement that makes a suspended index with its rows. */
export function resumedSql({ sql, isSuspended }: FoundIndex): string {
  return isSuspended ? sql.slice(0, -suspension.length) : sql;
}

/** Reads the SQL of an index; `undefined` unless it is a vector index of this column. */
export function readIndex(name: string, sql: string, column: string): FoundIndex | undefined {
  const words = tokens(sql);
  const at = words.findIndex((word) => isSameName(word, "libsql_vector_idx"));
  if (at === -1 || words[at + 1] !== "(" || !isSameName(unquote(words[at + 2] ?? ""), column)) return undefined;
  const end = words.indexOf(")", at);
  const options = Object.fromEntries(
    words
      .slice(at + 3, end)
      .filter((word) => word.startsWith("'"))
      .map((word) => unquote(word).split("=", 2))
      .map(([key = "", value = ""]) => [key, value]),
  );
  const metric = options["metric"] === "l2" ? "l2" : "cosine";
  const searchL = Number(options["search_l"] ?? defaultSearchL);
  const isSuspended = sql.endsWith(suspension);
  const isPartial = words.slice(end).some((word) => isSameName(word, "where"));
  return { name, metric, options, searchL, isPartial, isSuspended, sql };
}
