import type { Client, Transaction } from "../api.ts";
import type { LitefleetError } from "../errors.ts";
import { unsupported } from "../errors.ts";
import { forgetColumns } from "./column-cache.ts";
import { checkMetric } from "./distance.ts";
import type { VectorMetric } from "./distance.ts";
import { findColumn } from "./find-index.ts";
import type { FoundIndex } from "./find-index.ts";
import { quoteIdentifier } from "./identifier.ts";

/**
 * What an index is to be good at.
 *
 * - `"balanced"`: neighbours kept in 8 bits an element. On 4,000 words of 100 dimensions 10 times the data, and all of the ten nearest
 *   were found.
 * - `"small"`: fewer neighbours, kept in 1 bit an element by `"cosine"` and in 8 by `"l2"`. 3 times the data, 94 % found.
 * - `"exact-recall"`: libSQL's defaults, neighbours kept whole. Many times the size of the data.
 */
export type VectorIndexPreset = "balanced" | "small" | "exact-recall";

/** libSQL's own settings of an index. What is set here wins over the preset. */
export interface VectorIndexOptions {
  /** How the copies of the neighbours in each node are stored. `"float1bit"` only with `"cosine"`. */
  readonly compressNeighbors?: "float1bit" | "float8" | "float16" | "floatb16" | "float32";
  /** Edges of a node. Default 3 × √dimensions. */
  readonly maxNeighbors?: number;
  /** How much longer a way may be before an edge is left out, at least 1. Default 1.2. */
  readonly alpha?: number;
  /** Nodes looked at by a search. Default 200. */
  readonly searchL?: number;
  /** Nodes looked at by an insert. Default 70. */
  readonly insertL?: number;
}

/** Which column an index is on. */
export interface VectorColumnRef {
  /** Without quotes. */
  readonly table: string;
  /** Without quotes. */
  readonly column: string;
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
  /** Bytes that the nodes take; pages and free space come on top. */
  readonly bytes: number;
  /** libSQL's settings as they stand in the schema, by its own names. */
  readonly options: Readonly<Record<string, string>>;
  /** Whether the index has as many nodes as the table has vectors. A partial index is never healthy: a search does not use it. */
  readonly healthy: boolean;
}

/** The settings of each preset. `edges` is the most neighbours of a node, as a multiple of √dimensions; libSQL's own is 3. */
const presets: Readonly<
  Record<VectorIndexPreset, { readonly edges?: number; readonly compress?: Readonly<Record<VectorMetric, string>> }>
> = {
  balanced: { edges: 2.4, compress: { cosine: "float8", l2: "float8" } },
  small: { edges: 2, compress: { cosine: "float1bit", l2: "float8" } },
  "exact-recall": {},
};

const compressions: ReadonlySet<unknown> = new Set(["float1bit", "float8", "float16", "floatb16", "float32"]);

/**
 * Creates a DiskANN index on a vector column, and fills it from the rows that are there: about 5 ms a row, during which the engine
 * does nothing else.
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
  const name = checkName(options.name ?? `${table}_${column}_vector`.replaceAll(/\W/gu, "_"));
  checkSettings(metric, preset, options);
  await checkIndexSupport(executor);
  const { kind, dimensions = 0 } = await findColumn(executor, table, column);
  if (kind === undefined) {
    throw new RangeError(
      `Column ${JSON.stringify(column)} is not declared as a vector; declare it with vectorColumn()`,
    );
  }
  if (kind === "f1" && metric === "l2") throw new RangeError('Vectors of kind f1 have no "l2" distance; use "cosine"');
  const settings = toSettings(metric, preset, options, dimensions);
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
export async function dropVectorIndex(
  executor: Client | Transaction,
  which: VectorColumnRef & { readonly name?: string },
): Promise<boolean> {
  const index = await findIndex(executor, which);
  if (index === undefined) return false;
  await executor.execute(`DROP INDEX ${quoteIdentifier(index.name)}`);
  forgetColumns(executor);
  return true;
}

/**
 * What is known of the vector index of a column; `undefined` if it has none. Reads the whole index and counts the table's vectors.
 *
 * @throws {LitefleetError} `UNSUPPORTED` where {@link Capabilities.vectorIndex} is false.
 * @throws {RangeError} if the column has several vector indexes and `name` does not say which.
 */
export async function vectorIndexInfo(
  executor: Client | Transaction,
  which: VectorColumnRef & { readonly name?: string },
): Promise<VectorIndexInfo | undefined> {
  const index = await findIndex(executor, which);
  if (index === undefined) return undefined;
  const [table, column] = [quoteIdentifier(which.table, "table"), quoteIdentifier(which.column, "column")];
  const { rows } = await executor.execute(
    `SELECT count(*) AS nodes, coalesce(sum(length(data)), 0) AS bytes, (SELECT count(${column}) FROM ${table}) AS vectors
     FROM ${quoteIdentifier(`${index.name}_shadow`)}`,
  );
  const [nodes, bytes, vectors] = [rows[0]?.["nodes"], rows[0]?.["bytes"], rows[0]?.["vectors"]].map(Number);
  const { name, metric, options, isPartial } = index;
  return { name, metric, options, rows: nodes!, bytes: bytes!, healthy: nodes === vectors && !isPartial };
}

/**
 * Builds the vector index of a column anew from the table.
 *
 * @throws {LitefleetError} `UNSUPPORTED` where {@link Capabilities.vectorIndex} is false.
 * @throws {RangeError} if there is none, or several and `name` does not say which.
 */
export async function rebuildVectorIndex(
  executor: Client | Transaction,
  which: VectorColumnRef & { readonly name?: string },
): Promise<void> {
  const index = await findIndex(executor, which);
  if (index === undefined) throw new RangeError(`There is no such vector index on ${which.table}.${which.column}`);
  await executor.execute(`REINDEX ${quoteIdentifier(index.name)}`);
}

/** @throws {LitefleetError} `UNSUPPORTED` if the engine has no vector index. */
export async function checkIndexSupport(executor: Client | Transaction): Promise<void> {
  if ("capabilities" in executor ? executor.capabilities.vectorIndex : await hasIndexFunction(executor)) return;
  throw unsupportedIndex();
}

function unsupportedIndex(): LitefleetError {
  return unsupported("A vector index", "vectorSearch() finds the same rows without one");
}

/** A transaction has no capabilities of its own to look at. */
async function hasIndexFunction(executor: Client | Transaction): Promise<boolean> {
  const { rows } = await executor.execute("SELECT 1 FROM pragma_function_list WHERE name = 'libsql_vector_idx'");
  return rows.length > 0;
}

async function findIndex(
  executor: Client | Transaction,
  { table, column, name }: VectorColumnRef & { readonly name?: string },
): Promise<FoundIndex | undefined> {
  await checkIndexSupport(executor);
  const { indexes } = await findColumn(executor, table, column);
  if (name !== undefined) return indexes.find((index) => index.name.toLowerCase() === name.toLowerCase());
  if (indexes.length > 1) {
    throw new RangeError(
      `${table}.${column} has several vector indexes: ${indexes.map((each) => each.name).join(", ")}`,
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

function checkSettings(metric: VectorMetric, preset: VectorIndexPreset, options: VectorIndexOptions): void {
  if (!Object.hasOwn(presets, preset)) {
    throw new RangeError(`Unknown preset ${JSON.stringify(preset)}; known are ${Object.keys(presets).join(", ")}`);
  }
  const { compressNeighbors, maxNeighbors, alpha, searchL, insertL } = options;
  if (compressNeighbors !== undefined && !compressions.has(compressNeighbors)) {
    throw new RangeError(`Unknown compressNeighbors ${JSON.stringify(compressNeighbors)}`);
  }
  if (compressNeighbors === "float1bit" && metric === "l2") {
    throw new RangeError('compressNeighbors "float1bit" needs the metric "cosine"');
  }
  if (alpha !== undefined && !(alpha >= 1 && alpha <= 100)) throw outOfRange("alpha", alpha);
  for (const [name, value] of Object.entries({ maxNeighbors, searchL, insertL })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= 10_000))
      throw outOfRange(name, value);
  }
}

function outOfRange(name: string, value: number): RangeError {
  return new RangeError(`The setting ${name} of a vector index is out of range: ${value}`);
}

function toSettings(
  metric: VectorMetric,
  preset: VectorIndexPreset,
  options: VectorIndexOptions,
  dimensions: number,
): string[] {
  const { edges, compress } = presets[preset];
  const settings = {
    metric,
    compress_neighbors: options.compressNeighbors ?? compress?.[metric],
    max_neighbors: options.maxNeighbors ?? (edges && Math.max(8, Math.round(edges * Math.sqrt(dimensions)))),
    alpha: options.alpha,
    search_l: options.searchL,
    insert_l: options.insertL,
  };
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
}
