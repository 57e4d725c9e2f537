import type { BatchStatement, Client, Transaction } from "../api.ts";
import { forgetColumns } from "./column-cache.ts";
import { checkMetric } from "./distance.ts";
import type { VectorMetric } from "./distance.ts";
import { quoteIdentifier } from "./identifier.ts";
import { indexSettings } from "./index-settings.ts";
import type { VectorIndexOptions, VectorIndexPreset } from "./index-settings.ts";
import { checkIndexSupport } from "./index-support.ts";
import { resumedSql } from "./read-index.ts";
import type { FoundIndex } from "./read-index.ts";
import { findColumn } from "./read-table.ts";
import { isSameName } from "./sql-words.ts";

/** Which column an index is on. */
export interface VectorColumnRef {
  /** Without quotes. */
  readonly table: string;
  /** Without quotes. */
  readonly column: string;
}

/** Which index of a column. */
export interface VectorIndexRef extends VectorColumnRef {
  /** Needed where the column has several. */
  readonly name?: string;
}

/** What {@link createVectorIndex} takes. */
export interface CreateVectorIndexOptions extends VectorColumnRef, VectorIndexOptions {
  /** Letters, digits and `_`. Default `<table>_<column>_vector`, with `_` for any other character. */
  readonly name?: string;
  /** Default `"cosine"`. A search by another metric does not use the index. */
  readonly metric?: VectorMetric;
  /** Default `"balanced"`. */
  readonly preset?: VectorIndexPreset;
}

/** What {@link vectorIndexInfo} answers. */
export interface VectorIndexInfo {
  readonly name: string;
  readonly metric: VectorMetric;
  /** Nodes in the index: rows whose vector is not NULL. */
  readonly rows: number;
  /** Bytes of the database that the index takes: whole pages. */
  readonly bytes: number;
  /** libSQL's settings as they stand in the schema, by its own names. */
  readonly options: Readonly<Record<string, string>>;
  /** Whether the index has as many nodes as the table has vectors. A partial index is never healthy: a search does not use it. */
  readonly healthy: boolean;
  /**
   * Whether {@link insertVectors} emptied it for `index: "rebuild"` and did not come to build it anew (or is still at work).
   * {@link rebuildVectorIndex} does; searches look at every row until then.
   */
  readonly isSuspended: boolean;
}

/**
 * Creates a DiskANN index on a vector column, and fills it from the rows that are there: about 1 ms a row, in one statement during
 * which a local engine does nothing else.
 *
 * @returns the name of the index.
 * @throws {LitefleetError} `UNSUPPORTED` where {@link Capabilities.vectorIndex} is false.
 * @throws {RangeError} for a column that is not declared as a vector, or settings that libSQL has not.
 * @example await createVectorIndex(client, { table: "words", column: "embedding", metric: "cosine", preset: "balanced" });
 * @see https://docs.turso.tech/features/ai-and-embeddings#vector-index
 */
export async function createVectorIndex(
  executor: Client | Transaction,
  options: CreateVectorIndexOptions,
): Promise<string> {
  const { table, column, metric = "cosine", preset = "balanced" } = options;
  const target = `${quoteIdentifier(table, "table")} (libsql_vector_idx(${quoteIdentifier(column, "column")}`;
  checkMetric(metric);
  const name = checkName(options.name ?? `${table}_${column}_vector`.replaceAll(/\W/gu, "_").replace(/^\d/u, "_$&"));
  const settings = indexSettings(metric, preset, options);
  await checkIndexSupport(executor);
  const { kind } = await findColumn(executor, table, column);
  if (kind === undefined) {
    throw new RangeError(
      `Column ${JSON.stringify(column)} is not declared as a vector; declare it with vectorColumn()`,
    );
  }
  if (kind === "f1" && metric === "l2") throw new RangeError('Vectors of kind f1 have no "l2" distance; use "cosine"');
  const list = settings.map((setting) => `, '${setting}'`).join("");
  await executor.execute(`CREATE INDEX "${name}" ON ${target}${list}))`);
  forgetColumns(executor);
  return name;
}

/**
 * Drops the vector index of a column.
 *
 * @returns whether there was one.
 * @throws {LitefleetError} `UNSUPPORTED` where {@link Capabilities.vectorIndex} is false.
 * @throws {RangeError} if the column has several vector indexes and `name` does not say which.
 */
export async function dropVectorIndex(executor: Client | Transaction, which: VectorIndexRef): Promise<boolean> {
  const index = await findIndex(executor, which);
  if (index === undefined) return false;
  await executor.execute(`DROP INDEX ${quoteIdentifier(index.name)}`);
  forgetColumns(executor);
  return true;
}

/**
 * What is known of the vector index of a column; `undefined` if it has none. Counts the table's vectors and the index's pages: some
 * milliseconds for 10,000 rows.
 *
 * @throws {LitefleetError} `UNSUPPORTED` where {@link Capabilities.vectorIndex} is false.
 * @throws {RangeError} if the column has several vector indexes and `name` does not say which.
 */
export async function vectorIndexInfo(
  executor: Client | Transaction,
  which: VectorIndexRef,
): Promise<VectorIndexInfo | undefined> {
  const index = await findIndex(executor, which);
  if (index === undefined) return undefined;
  const [table, column] = [quoteIdentifier(which.table, "table"), quoteIdentifier(which.column, "column")];
  const shadow = `${index.name}_shadow`;
  const { rows } = await executor.execute(
    `SELECT count(*) AS nodes, (SELECT count(${column}) FROM ${table}) AS vectors,
       (SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN (?, ?)) AS bytes
     FROM ${quoteIdentifier(shadow)}`,
    [shadow, `${shadow}_idx`],
  );
  const [nodes, bytes, vectors] = [rows[0]?.["nodes"], rows[0]?.["bytes"], rows[0]?.["vectors"]].map(Number);
  const { name, metric, options, isPartial, isSuspended } = index;
  const healthy = nodes === vectors && !isPartial;
  return { name, metric, options, rows: nodes!, bytes: bytes!, healthy, isSuspended };
}

/**
 * Builds the vector index of a column anew from the table, also one that a crash left emptied. It is there at the end or as it was.
 *
 * @throws {LitefleetError} `UNSUPPORTED` where {@link Capabilities.vectorIndex} is false.
 * @throws {RangeError} if there is none, or several and `name` does not say which.
 */
export async function rebuildVectorIndex(executor: Client | Transaction, which: VectorIndexRef): Promise<void> {
  const index = await findIndex(executor, which);
  if (index === undefined) {
    throw new RangeError(`There is no vector index ${which.name ?? ""} on ${which.table}.${which.column}`);
  }
  if (index.isSuspended) await replaceIndexes(executor, [[index, resumedSql(index)]]);
  else await executor.execute(`REINDEX ${quoteIdentifier(index.name)}`);
  forgetColumns(executor);
}

/** Drops indexes and makes others of the same names, in one transaction. */
export async function replaceIndexes(
  executor: Client | Transaction,
  indexes: readonly (readonly [index: FoundIndex, sql: string])[],
): Promise<void> {
  const statements = indexes.flatMap(([{ name }, sql]): BatchStatement[] => [
    `DROP INDEX ${quoteIdentifier(name)}`,
    sql,
  ]);
  if ("capabilities" in executor) await executor.batch(statements, "write");
  else await executor.savepoint((tx) => tx.batch(statements));
  forgetColumns(executor);
}

async function findIndex(
  executor: Client | Transaction,
  { table, column, name }: VectorIndexRef,
): Promise<FoundIndex | undefined> {
  await checkIndexSupport(executor);
  const { indexes } = await findColumn(executor, table, column);
  if (name !== undefined) return indexes.find((index) => isSameName(index.name, name));
  if (indexes.length > 1) {
    throw new RangeError(
      `${table}.${column} has several vector indexes, name one: ${indexes.map((each) => each.name).join(", ")}`,
    );
  }
  return indexes[0];
}

function checkName(name: string): string {
  if (/^[A-Za-z_]\w*$/u.test(name)) return name;
  throw new RangeError(
    `libSQL takes only letters, digits and _ in the name of a vector index, got ${JSON.stringify(name)}`,
  );
}
