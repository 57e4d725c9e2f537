/**
 * A cache as drizzle's databases have it at `$cache`: the cache itself, with `invalidate` beside its own members. As in drizzle's drivers
 * it is the object that was passed in that gets it.
 */
export function databaseCache<TParams, TCache extends { onMutate(params: TParams): Promise<void> }>(
  cache: TCache,
): TCache & { invalidate(params: TParams): Promise<void> } {
  return Object.assign(cache, { invalidate: (params: TParams) => cache.onMutate(params) });
}
