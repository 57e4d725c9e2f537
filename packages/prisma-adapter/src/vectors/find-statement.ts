import type { VectorSearchOptions } from "@litefleet/driver/vector";
import type { CompiledQuery } from "../watched-query.ts";

/** The parts of the statement that Prisma makes of a `findMany` with `take`. */
export interface FindStatement {
  /** The columns it reads, as SQL. */
  readonly columns: string;
  /** The table, as SQL has it after FROM. */
  readonly from: string;
  /** The rowid of the table, as SQL. Its columns have the table's name before them only: Turso does not know the schema's there. */
  readonly rowid: string;
  /** The table's name. */
  readonly table: string;
  /** Which rows, as a condition on the table alone; `undefined` for all. */
  readonly condition: Required<Pick<VectorSearchOptions, "where" | "args">> | undefined;
}

const name = "`(?:[^`]|``)+`";
const statement = new RegExp(
  `^\\s*(?:/\\*.*?\\*/\\s*)?SELECT ((?:${name}|[., ])+) FROM (${name}\\.(${name})) (.*) LIMIT \\? OFFSET \\?(?:\\s*/\\*.*\\*/)?\\s*$`,
  "su",
);
/** A condition without a join before it, and an order that has no arguments of its own. */
const plain = /^WHERE (.+?)(?: ORDER BY [^?]*)?$/su;

/**
 * Takes apart what Prisma has made. Values are arguments in it, so its words are Prisma's own.
 *
 * @param rowid what SQL calls the table's rowid.
 * @throws {TypeError} for a statement of another form.
 */
export function parseFind({ sql, args }: CompiledQuery, rowid: string): FindStatement {
  const [, columns, from, table, rest] = statement.exec(sql) ?? [];
  if (columns === undefined || from === undefined || table === undefined || rest === undefined) {
    throw new TypeError(`Prisma has made another statement than is known of version 7: ${sql}`);
  }
  const own = args.slice(0, -2);
  const key = `${table}.${rowid}`;
  return { columns, from, rowid: key, table: table.slice(1, -1).replaceAll("``", "`"), condition: conditionOf() };

  function conditionOf(): FindStatement["condition"] {
    const where = plain.exec(rest!)?.[1];
    if (where === "1=1") return undefined;
    if (where !== undefined && countParameters(where) === own.length) return { where, args: own };
    return { where: `${key} IN (SELECT ${key} FROM ${from} ${rest})`, args: own };
  }
}

function countParameters(sql: string): number {
  return sql.split("?").length - 1;
}
