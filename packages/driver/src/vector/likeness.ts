import type { VectorMetric } from "./distance.ts";
import type { VectorKind } from "./vector-kind.ts";

/**
 * Tells rows that are alike enough. The score is 1 for the same vector and less for others: 1 − distance by `"cosine"`, so −1 for the
 * opposite direction, also for kind `"f1"`, whose distance is a number of elements; 1 ÷ (1 + distance) by `"l2"`, so never below 0.
 */
export function likeness(
  minScore: number | undefined,
  metric: VectorMetric,
  kind: VectorKind,
  dimensions: number,
): ((row: { readonly distance: number }) => boolean) | undefined {
  if (minScore === undefined) return undefined;
  if (metric === "l2") return ({ distance }) => 1 / (1 + distance) >= minScore;
  if (kind === "f1") return ({ distance }) => 1 - (2 * distance) / dimensions >= minScore;
  return ({ distance }) => 1 - distance >= minScore;
}
