import type { Executor } from "../api.ts";
import { readIndex } from "./read-index.ts";
import type { FoundIndex } from "./read-index.ts";
import { isSameName, tokens, unquote } from "./sql-words.ts";
import { readColumnType } from "./vector-column.ts";
import type { VectorKind } from "./vector-kind.ts";

/** A vector column as the schema has it. */
export interface FoundColumn {
  /** `undefined` for a column that is not declared as a vector. */
  readonly kind: VectorKind | undefined;
  readonly dimensions: number | undefined;
  /** The table's other columns, in order. */
  readonly others: readonly string[];
  readonly indexes: readonly FoundIndex[];
  /** What SQL calls the table's rowid; `undefined` for a view and a table WITHOUT ROWID. */
  readonly rowid: string | undefined;
  /** What an index names rows by, quoted: the rowid, or the primary key of a table WITHOUT ROWID. */
  readonly indexKey: string | undefined;
}

/** A table as the schema has it. */
export interface FoundTable {
  /** By name in lower case. */
  readonly columns: ReadonlyMap<string, FoundColumn>;
}

interface Word {
  readonly what: string;
  readonly name: string;
  readonly text: string;
  readonly flag: number;
}

const schema = `
  SELECT 'column' AS what, name, type AS text, pk AS flag FROM pragma_table_info(?)
  UNION ALL SELECT 'table', type, '', wr FROM pragma_table_list(?)
  UNION ALL SELECT CASE type WHEN 'index' THEN 'index' ELSE 'definition' END, name, sql, 0 FROM sqlite_schema
  WHERE type IN ('index', 'table') AND lower(tbl_name) = lower(?) AND sql IS NOT NULL`;

/**
 * Reads what the schema says of a table's vectors, in one statement.
 *
 * @throws {RangeError} if there is no such table.
 */
export async function readTable(executor: Executor, table: string): Promise<FoundTable> {
  const argument = await toPragmaArgument(executor, table);
  const { rows } = await executor.execute(schema, [argument, argument, table]);
  const words = rows.map(({ what, name, text, flag }): Word => ({
    what: String(what),
    name: String(name),
    text: String(text),
    flag: Number(flag),
  }));
  const columns = words.filter(({ what }) => what === "column");
  if (columns.length === 0) throw new RangeError(`There is no table ${JSON.stringify(table)} in the database`);
  const definition = words.find(({ what, name }) => what === "definition" && isSameName(name, table))?.text ?? "";
  const indexes = words.filter(({ what }) => what === "index");
  const keys = readKeys(words, columns);
  const found = columns.map((own): [string, FoundColumn] => {
    const type = readColumnType(withSize(own.text, own.name, definition));
    const column: FoundColumn = {
      kind: type?.kind,
      dimensions: type?.dimensions,
      others: columns.filter((other) => other !== own).map(({ name }) => name),
      indexes: indexes.map(({ name, text }) => readIndex(name, text, own.name)).filter((index) => index !== undefined),
      ...keys,
    };
    return [own.name.toLowerCase(), column];
  });
  return { columns: new Map(found) };
}

/** Turso puts the argument of a pragma's function into double quotes as it is. */
async function toPragmaArgument(executor: Executor, table: string): Promise<string> {
  if (typeof table !== "string" || !table.includes('"')) return table;
  const { rows } = await executor.execute("SELECT 1 FROM pragma_function_list WHERE name = 'turso_version'");
  return rows.length > 0 ? table.replaceAll('"', '""') : table;
}

/**
 * Reads what the schema says of a vector column, in one statement.
 *
 * @throws {RangeError} if there is no such table or column.
 */
export async function findColumn(executor: Executor, table: string, column: string): Promise<FoundColumn> {
  return columnOf(await readTable(executor, table), table, column);
}

/** @throws {RangeError} if there is no such column. */
export function columnOf({ columns }: FoundTable, table: string, column: string): FoundColumn {
  const found = columns.get(column.toLowerCase());
  if (found !== undefined) return found;
  throw new RangeError(`There is no column ${JSON.stringify(column)} in ${table}`);
}

/** A column may have taken a name of the rowid; there are three. */
function readKeys(words: readonly Word[], columns: readonly Word[]): Pick<FoundColumn, "rowid" | "indexKey"> {
  const table = words.find(({ what }) => what === "table");
  const primary = columns.filter(({ flag }) => flag > 0);
  if (table?.name !== "view" && table?.flag !== 1) {
    const rowid = ["rowid", "_rowid_", "oid"].find((name) => !columns.some((column) => isSameName(column.name, name)));
    return { rowid, indexKey: rowid };
  }
  const [key] = primary.length === 1 ? primary : [];
  return { rowid: undefined, indexKey: key && `"${key.name.replaceAll('"', '""')}"` };
}

/** Turso leaves the number of elements out of a column's type: it stands in the table's SQL. */
function withSize(type: string, column: string, sql: string): string {
  if (type.includes("(")) return type;
  const words = tokens(sql);
  const at = words.findIndex((word, i) => isSameName(unquote(word), column) && isSameName(words[i + 1] ?? "", type));
  return at !== -1 && words[at + 2] === "(" ? `${type}(${words[at + 3]})` : type;
}
