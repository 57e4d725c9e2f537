import type { KnownColumn } from "./column-cache.ts";
import type { VectorMetric } from "./distance.ts";
import { rowsForIndex } from "./index-threshold.ts";
import type { FoundIndex } from "./read-index.ts";
import { isSameName } from "./sql-words.ts";

/** What a search wants of an index. */
export interface IndexWish {
  readonly index: string;
  readonly table: string;
  readonly column: string;
  readonly metric: VectorMetric;
  readonly k: number;
  /** How many nodes have to be looked at; 0 for as many as the index does. */
  readonly efSearch: number;
}

/** The way a search is done, and why. Without an index every row is looked at. */
export interface Choice {
  readonly index?: FoundIndex;
  readonly reason: string;
}

/**
 * Chooses between an index and every row.
 *
 * @throws {RangeError} for an index by name that is not there or cannot do what is asked.
 */
export function chooseMethod(wish: IndexWish, column: KnownColumn, dimensions: number): Choice {
  if (wish.index === "exact") return { reason: "asked for" };
  if (wish.index === "auto") return chooseBySize(wish, column, dimensions);
  const index = column.indexes.find(({ name }) => isSameName(name, wish.index));
  checkNamed(index, wish);
  return index.isPartial ? { reason: `the index ${index.name} has not all rows` } : { index, reason: "asked for" };
}

function checkNamed(index: FoundIndex | undefined, wish: IndexWish): asserts index is FoundIndex {
  if (index === undefined) {
    throw new RangeError(`There is no vector index ${JSON.stringify(wish.index)} on ${wish.table}.${wish.column}`);
  }
  if (index.metric !== wish.metric) {
    throw new RangeError(`The index ${index.name} is for the metric ${index.metric}, the search for ${wish.metric}`);
  }
  if (index.searchL < wish.efSearch) {
    throw new RangeError(
      `The index ${index.name} looks at ${index.searchL} nodes, efSearch asks for ${wish.efSearch}; create it with searchL: ${wish.efSearch}`,
    );
  }
}

function chooseBySize(
  { metric, table, column: name, k, efSearch }: IndexWish,
  column: KnownColumn,
  dimensions: number,
): Choice {
  const whole = column.indexes.filter((index) => index.metric === metric && !index.isPartial);
  if (whole.length === 0)
    return { reason: `there is no index for the metric ${metric} on all rows of ${table}.${name}` };
  const needed = Math.max(k, efSearch);
  const [index] = whole.filter(({ searchL }) => searchL >= needed).toSorted((a, b) => a.searchL - b.searchL);
  if (index === undefined) return { reason: `no index looks at ${needed} nodes in a search` };
  const least = rowsForIndex(index.searchL, dimensions);
  const rows = column.indexedRows ?? 0;
  return rows < least
    ? { reason: `${rows} rows of ${dimensions} dimensions are searched as fast without the index` }
    : { index, reason: `${least} rows of ${dimensions} dimensions or more are searched faster with the index` };
}
