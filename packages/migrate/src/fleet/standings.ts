import type { FleetStatus, TenantStatus } from "./fleet-status.ts";

/** Tenants that stand alike: the same version, the same differences. */
export interface Standing {
  readonly state: TenantStatus["state"];
  /** The newest of the folder's migrations that they have; `undefined` for none, or where that is not known. */
  readonly version: string | undefined;
  readonly count: number;
  /** The first three of them. */
  readonly names: readonly string[];
  /** One of them, for what sets them apart. */
  readonly example: TenantStatus;
}

const shownNames = 3;

/** The fleet by version, the most frequent standing first: all behind it are outliers. */
export function standingsOf({ migrations, tenants }: FleetStatus): Standing[] {
  const places = new Map(migrations.map((name, place) => [name, place]));
  const groups = new Map<string, TenantStatus[]>();
  for (const tenant of tenants) {
    const key = keyOf(tenant);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [tenant]);
    else group.push(tenant);
  }
  return [...groups.values()]
    .map((group): Standing => {
      const example = group[0]!;
      const { state, applied, edited } = example;
      const newest = Math.max(-1, ...[...applied, ...edited].map((name) => places.get(name) ?? -1));
      const names = group.slice(0, shownNames).map(({ name }) => name);
      return { state, version: migrations[newest], count: group.length, names, example };
    })
    .toSorted((a, b) => b.count - a.count);
}

function keyOf({ state, applied, pending, edited, outOfOrder, failed, missing, error }: TenantStatus): string {
  return JSON.stringify([state, applied, pending, edited, outOfOrder, failed, missing, error?.code]);
}
