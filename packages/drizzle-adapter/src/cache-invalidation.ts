import { DrizzleError, getTableName, is, Table } from "drizzle-orm";
import type { Cache, MutationOption } from "drizzle-orm/cache/core";

/** What learns which tables a statement has written, so that cached reads of them are forgotten. */
export interface CacheInvalidation {
  /** To be called once the statement is over. */
  written(params: MutationOption): Promise<void>;
}

/** Outside transactions: the cache forgets at once. */
export class ImmediateInvalidation implements CacheInvalidation {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  async written(params: MutationOption): Promise<void> {
    try {
      await this.#cache.onMutate(params);
    } catch (cause) {
      // Silence would leave readers with old rows, and a bare cache error would look as if the write had failed.
      throw new DrizzleError({ message: "The write is done, but the cache could not be told to forget it", cause });
    }
  }
}

/**
 * Inside a transaction: collected, and passed on when the transaction is over. Were the cache told earlier, a reader
 * beside the transaction would fill it again with the rows of before.
 */
export class CollectedInvalidation implements CacheInvalidation {
  readonly #collected: MutationOption[] = [];

  async written(params: MutationOption): Promise<void> {
    this.#collected.push(params);
  }

  /** Passes on what was collected, as one call. */
  async passTo(target: CacheInvalidation): Promise<void> {
    const collected = this.#collected.splice(0);
    if (collected.length === 0) return;
    const tables = new Set(collected.flatMap((params) => tableNames(params.tables)));
    const tags = new Set(collected.flatMap((params) => params.tags ?? []));
    await target.written({
      ...(tables.size > 0 && { tables: [...tables] }),
      ...(tags.size > 0 && { tags: [...tags] }),
    });
  }
}

/**
 * Runs `write` and reports `tables` as written when it is over; also when it failed, because a write whose answer was
 * lost may have been done. The failure of `write` wins over one of the cache.
 */
export async function invalidateAfter<R>(
  invalidation: CacheInvalidation | undefined,
  tables: string[],
  write: () => Promise<R>,
): Promise<R> {
  if (invalidation === undefined || tables.length === 0) return write();
  let result: R;
  try {
    result = await write();
  } catch (error) {
    await invalidation.written({ tables }).catch(() => {});
    throw error;
  }
  await invalidation.written({ tables });
  return result;
}

function tableNames(tables: MutationOption["tables"]): string[] {
  const list: (Table | string)[] = tables === undefined ? [] : Array.isArray(tables) ? tables : [tables];
  return list.map((table) => (is(table, Table) ? getTableName(table) : table));
}
