/** Things that have something in common, in the order in which the first of each was met. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    group.push(item);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const shownNames = 3;

/** The first three names, and how many more there are. */
export function someNames(tenants: readonly { readonly name: string }[]): string {
  const names = tenants.slice(0, shownNames).map(({ name }) => name);
  const more = tenants.length - names.length;
  return more === 0 ? names.join(", ") : `${names.join(", ")} and ${more} more`;
}

/** Migrations in a table's cell: one or two by name, more as first to last. */
export function someMigrations(names: readonly string[]): string {
  if (names.length <= 2) return names.join(", ");
  return `${names[0]} to ${names.at(-1)} (${names.length})`;
}

/** `1 tenant`, `2 tenants`. */
export function tenantCount(count: number): string {
  return `${count} ${count === 1 ? "tenant" : "tenants"}`;
}

/** A duration for people. */
export function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
