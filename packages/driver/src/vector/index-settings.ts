import type { VectorMetric } from "./distance.ts";

/**
 * What an index is to be good at. Measured on 50,000 words of 100 dimensions, see docs/vectors.md.
 *
 * - `"balanced"`: 28 neighbours a node in 8 bits an element, 100 nodes looked at. 10 times the data, 99 % of the ten nearest.
 * - `"small"`: 12 neighbours, 150 nodes looked at. Half the size, 96 % by cosine, and too few by `"l2"`.
 * - `"exact-recall"`: as `"balanced"`, with 300 nodes looked at: four times slower, and hardly ever misses one.
 */
export type VectorIndexPreset = "balanced" | "small" | "exact-recall";

/** libSQL's own settings of an index. What is set here wins over the preset. */
export interface VectorIndexOptions {
  /** How the copies of the neighbours in each node are stored. `"float1bit"` only with `"cosine"`. */
  readonly compressNeighbors?: "float1bit" | "float8" | "float16" | "floatb16" | "float32";
  /** Edges of a node: what an index is large by. */
  readonly maxNeighbors?: number;
  /** How much longer a way may be before an edge is left out, at least 1. libSQL's default is 1.2. */
  readonly alpha?: number;
  /** Nodes looked at by a search: more find more and take longer. */
  readonly searchL?: number;
  /** Nodes looked at by an insert. libSQL's default is 70. */
  readonly insertL?: number;
}

const presets: Readonly<Record<VectorIndexPreset, VectorIndexOptions>> = {
  balanced: { compressNeighbors: "float8", maxNeighbors: 28, searchL: 100 },
  small: { compressNeighbors: "float8", maxNeighbors: 12, searchL: 150 },
  "exact-recall": { compressNeighbors: "float8", maxNeighbors: 28, searchL: 300 },
};

const compressions: ReadonlySet<unknown> = new Set(["float1bit", "float8", "float16", "floatb16", "float32"]);

/**
 * An index's settings as libSQL reads them.
 *
 * @throws {RangeError} for a preset that does not exist or a setting that libSQL has not.
 */
export function indexSettings(metric: VectorMetric, preset: VectorIndexPreset, options: VectorIndexOptions): string[] {
  checkSettings(metric, preset, options);
  const chosen = presets[preset];
  const settings = {
    metric,
    compress_neighbors: options.compressNeighbors ?? chosen.compressNeighbors,
    max_neighbors: options.maxNeighbors ?? chosen.maxNeighbors,
    alpha: options.alpha,
    search_l: options.searchL ?? chosen.searchL,
    insert_l: options.insertL,
  };
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
}

function checkSettings(metric: VectorMetric, preset: VectorIndexPreset, options: VectorIndexOptions): void {
  if (!Object.hasOwn(presets, preset)) {
    throw new RangeError(`Unknown preset ${JSON.stringify(preset)}; known are ${Object.keys(presets).join(", ")}`);
  }
  const { compressNeighbors, maxNeighbors, alpha, searchL, insertL } = options;
  if (compressNeighbors !== undefined && !compressions.has(compressNeighbors)) {
    throw new RangeError(
      `Unknown compressNeighbors ${JSON.stringify(compressNeighbors)}; known are ${[...compressions].join(", ")}`,
    );
  }
  if (compressNeighbors === "float1bit" && metric === "l2") {
    throw new RangeError('compressNeighbors "float1bit" needs the metric "cosine"');
  }
  if (alpha !== undefined && !(alpha >= 1 && alpha <= 100)) throw outOfRange("alpha", "1 to 100", alpha);
  for (const [name, value] of Object.entries({ maxNeighbors, searchL, insertL })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= 10_000)) {
      throw outOfRange(name, "a whole number from 1 to 10000", value);
    }
  }
}

function outOfRange(name: string, range: string, value: number): RangeError {
  return new RangeError(`Expected ${name} of a vector index as ${range}, got ${value}`);
}
