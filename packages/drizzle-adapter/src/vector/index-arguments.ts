import {
  type VectorIndexOptions,
  type VectorIndexPreset,
  vectorIndexSettings,
  type VectorMetric,
} from "@litefleet/driver/vector";

/** Options of a vector index; libSQL's own settings win over the preset. */
export interface VectorIndexConfig extends VectorIndexOptions {
  /** Default `"cosine"`. A search by another metric does not use the index. */
  readonly metric?: VectorMetric;
  /** Default `"balanced"`. */
  readonly preset?: VectorIndexPreset;
}

/**
 * What stands behind the column in `libsql_vector_idx(…)`, each as SQL.
 *
 * @throws {RangeError} for a column that is no vector's, or settings that libSQL has not.
 */
export function indexArguments(
  columnType: string,
  { metric = "cosine", preset = "balanced", ...options }: VectorIndexConfig,
): string[] {
  const kind = /^(F\d+|FB16|F1BIT)_BLOB\(\d+\)$/u.exec(columnType)?.[1];
  if (kind === undefined)
    throw new RangeError(`A vector index needs a vector column such as f32Vector(), got ${columnType}`);
  if (kind === "F1BIT" && metric === "l2") {
    throw new RangeError('Vectors of kind f1 have no "l2" distance; use "cosine"');
  }
  return vectorIndexSettings(metric, preset, options).map((setting) => `'${setting}'`);
}

/** @throws {RangeError} for a name that libSQL does not take. */
export function checkIndexName(name: string): string {
  if (typeof name === "string" && /^[A-Za-z_]\w*$/u.test(name)) return name;
  throw new RangeError(
    `libSQL takes only letters, digits and _ in the name of a vector index, got ${JSON.stringify(name)}`,
  );
}
