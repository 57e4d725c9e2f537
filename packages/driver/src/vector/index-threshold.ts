/**
 * From how many rows on a search through an index is faster than one that looks at every row: some 2,500 of 100 dimensions for an
 * index that looks at 100 nodes, 700 of 1,536. Both costs were measured on libSQL, in microseconds; only their ratio matters.
 */
export function rowsForIndex(searchL: number, dimensions: number): number {
  const row = 0.24 + 0.0026 * dimensions;
  // Each node is compared with those that were looked at before, so twice as many cost more than twice as much.
  const index = searchL * (1 + searchL / 500) * (9.2 + 0.0104 * dimensions);
  return Math.ceil(index / row);
}
