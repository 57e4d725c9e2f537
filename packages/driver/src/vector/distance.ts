import type { DecodedVector } from "./codec.ts";
import { quoteIdentifier } from "./identifier.ts";

/** How the distance of two vectors is measured: 1 − cosine of the angle, or the Euclidean distance. */
export type VectorMetric = "cosine" | "l2";

const functions: Readonly<Record<VectorMetric, string>> = { cosine: "vector_distance_cos", l2: "vector_distance_l2" };

/**
 * The SQL expression for the distance between a column and a parameter, to be used in SELECT and ORDER BY. Pass the vector as the
 * argument with {@link vector}.
 *
 * @param column name of the column, without quotes; it is quoted here. May be qualified as `["table", "column"]`.
 * @param parameter the parameter's text in the statement. Default `?`.
 * @example
 * const nearest = `SELECT name, ${vectorDistance("position")} AS distance FROM cities ORDER BY distance LIMIT 10`;
 * const { rows } = await client.execute(nearest, [vector([0.1, 0.2, 0.9])]);
 */
export function vectorDistance(
  column: string | readonly [table: string, column: string],
  options: { readonly metric?: VectorMetric; readonly parameter?: string } = {},
): string {
  const measure = distanceFunction(options.metric);
  const name = (typeof column === "string" ? [column] : column).map((part) => quoteIdentifier(part)).join(".");
  return `${measure}(${name}, ${options.parameter ?? "?"})`;
}

/**
 * The name of the SQL function that measures the distance of two vectors: for query builders, which write its arguments themselves.
 *
 * @param metric Default `"cosine"`.
 * @throws {RangeError} for a metric that does not exist.
 */
export function distanceFunction(metric: VectorMetric = "cosine"): string {
  checkMetric(metric);
  return functions[metric];
}

/**
 * The distance of two vectors, as the engines measure it (they add up in 32 bits, this in 64).
 *
 * Decoded vectors of kind `"f1"` have, by `"cosine"`, the number of elements that differ as their distance: so do the engines
 * measure it. A vector of zeros has no direction: its cosine distance to any other is 1.
 *
 * @throws {TypeError} for decoded vectors of different kinds.
 * @throws {RangeError} for different numbers of elements, or `"l2"` with kind `"f1"`.
 * @example distance([1, 0], [0, 1]); // 1
 */
export function distance(
  a: ArrayLike<number> | DecodedVector,
  b: ArrayLike<number> | DecodedVector,
  metric: VectorMetric = "cosine",
): number {
  checkMetric(metric);
  const [kindA, left] = "kind" in a ? [a.kind, a.values] : [undefined, a];
  const [kindB, right] = "kind" in b ? [b.kind, b.values] : [undefined, b];
  if (kindA !== undefined && kindB !== undefined && kindA !== kindB) {
    throw new TypeError(`Vectors of different kinds have no distance: ${kindA} and ${kindB}`);
  }
  if (left.length !== right.length || left.length === 0) {
    throw new RangeError(`Vectors of ${left.length} and ${right.length} elements have no distance`);
  }
  if (kindA === "f1" || kindB === "f1") {
    if (metric === "l2") throw new RangeError('Vectors of kind f1 have no "l2" distance; use "cosine"');
    return differingSigns(left, right);
  }
  return metric === "cosine" ? (cosineDistance(left, right) ?? 1) : euclideanDistance(left, right);
}

/** @throws {RangeError} for a metric that does not exist. */
export function checkMetric(metric: VectorMetric): void {
  if (Object.hasOwn(functions, metric)) return;
  throw new RangeError(`Unknown metric ${JSON.stringify(metric)}; known are "cosine" and "l2"`);
}

function differingSigns(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 1) if (a[i]! > 0 !== b[i]! > 0) count += 1;
  return count;
}

/** 1 − cosine of the angle; `null` where a vector has no direction, as libSQL answers. */
export function cosineDistance(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  let dot = 0;
  let lengthA = 0;
  let lengthB = 0;
  for (let i = 0; i < a.length; i += 1) {
    dot += a[i]! * b[i]!;
    lengthA += a[i]! * a[i]!;
    lengthB += b[i]! * b[i]!;
  }
  const lengths = Math.sqrt(lengthA) * Math.sqrt(lengthB);
  return lengths === 0 ? null : 1 - dot / lengths;
}

function euclideanDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}
