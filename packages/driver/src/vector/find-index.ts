import type { Executor } from "../api.ts";
import { nextToken } from "../sql/tokenize.ts";
import type { VectorMetric } from "./distance.ts";
import { readColumnType } from "./vector-column.ts";
import type { VectorKind } from "./vector-kind.ts";

/** A vector index as the schema has it. */
export interface FoundIndex {
  readonly name: string;
  readonly metric: VectorMetric;
  /** Its options as they stand in its SQL, such as `compress_neighbors` → `float8`. */
  readonly options: Readonly<Record<string, string>>;
  /** Whether it has only the rows of a WHERE clause. */
  readonly isPartial: boolean;
}

/** A vector column as the schema has it. */
export interface FoundColumn {
  /** `undefined` for a column that is not declared as a vector. */
  readonly kind: VectorKind | undefined;
  readonly dimensions: number | undefined;
  /** The table's other columns, in order. */
  readonly others: readonly string[];
  readonly indexes: readonly FoundIndex[];
}

const columnsAndIndexes = `
  SELECT 'column' AS what, name, type AS text FROM pragma_table_info(?)
  UNION ALL
  SELECT type, name, sql FROM sqlite_schema
  WHERE type IN ('index', 'table') AND lower(tbl_name) = lower(?) AND sql IS NOT NULL`;

/**
 * Reads what the schema says of a vector column, in one statement.
 *
 * @throws {RangeError} if there is no such table or column.
 */
export async function findColumn(executor: Executor, table: string, column: string): Promise<FoundColumn> {
  const { rows } = await executor.execute(columnsAndIndexes, [table, table]);
  const found = rows.map(({ what, name, text }) => ({ what, name: String(name), text: String(text) }));
  const columns = found.filter(({ what }) => what === "column");
  const own = columns.find(({ name }) => isSame(name, column));
  if (own === undefined) {
    const what =
      columns.length === 0 ? `table ${JSON.stringify(table)}` : `column ${JSON.stringify(column)} in ${table}`;
    throw new RangeError(`There is no ${what} in the database`);
  }
  const definition = found.find(({ what, name }) => what === "table" && isSame(name, table));
  const type = readColumnType(withSize(own.text, column, definition?.text ?? ""));
  return {
    kind: type?.kind,
    dimensions: type?.dimensions,
    others: columns.filter((other) => other !== own).map(({ name }) => name),
    indexes: found
      .filter(({ what }) => what === "index")
      .map(({ name, text }) => readIndex(name, text, column))
      .filter((index) => index !== undefined),
  };
}

/** Turso leaves the number of elements out of a column's type: it stands in the table's SQL. */
function withSize(type: string, column: string, sql: string): string {
  if (type.includes("(")) return type;
  const words = tokens(sql);
  const at = words.findIndex((word, i) => isSame(unquote(word), column) && isSame(words[i + 1] ?? "", type));
  return at !== -1 && words[at + 2] === "(" ? `${type}(${words[at + 3]})` : type;
}

/** Reads the SQL of an index; `undefined` unless it is a vector index of this column. */
function readIndex(name: string, sql: string, column: string): FoundIndex | undefined {
  const words = tokens(sql);
  const at = words.findIndex((word) => isSame(word, "libsql_vector_idx"));
  if (at === -1 || words[at + 1] !== "(" || !isSame(unquote(words[at + 2] ?? ""), column)) return undefined;
  const end = words.indexOf(")", at);
  const options = Object.fromEntries(
    words
      .slice(at + 3, end)
      .filter((word) => word.startsWith("'"))
      .map((word) => unquote(word).split("=", 2))
      .map(([key = "", value = ""]) => [key, value]),
  );
  const metric = options["metric"] === "l2" ? "l2" : "cosine";
  return { name, metric, options, isPartial: words.slice(end).some((word) => isSame(word, "where")) };
}

function tokens(sql: string): string[] {
  const words: string[] = [];
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    words.push(sql.slice(token.start, token.end));
  }
  return words;
}

function unquote(word: string): string {
  const quote = word[0];
  if (quote === "[") return word.slice(1, -1);
  if (quote !== '"' && quote !== "'" && quote !== "`") return word;
  return word.slice(1, -1).replaceAll(quote + quote, quote);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
