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
  return namesOf(
    tenants.slice(0, shownNames).map(({ name }) => name),
    tenants.length,
  );
}

/** These names, and how many more there are of `count`. */
export function namesOf(names: readonly string[], count: number): string {
  const more = count - names.length;
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

/** A duration for people; seconds with so many decimals. */
export function duration(ms: number, decimals = 1): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(decimals)} s`;
  const minutes = Math.floor(ms / 60_000);
  const [whole, part] =
    minutes < 60 ? [minutes, Math.floor((ms % 60_000) / 1000)] : [Math.floor(minutes / 60), minutes % 60];
  return minutes < 60 ? `${whole} min ${part} s` : `${whole} h ${part} min`;
}

/** A number with a comma every three digits. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
