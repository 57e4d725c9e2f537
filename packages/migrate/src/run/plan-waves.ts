import { MigrateError } from "../errors.ts";
import type { RolloutOptions } from "./rollout-options.ts";
import { parseShare } from "./share.ts";

/** A wave before it runs: what it is called, and its tenants as places in the fleet's list. */
export interface PlannedWave {
  readonly label: string;
  readonly tenants: readonly number[];
}

/**
 * Divides a fleet into waves: the canaries first, then as `waves` says. Waves that a small fleet leaves empty are left out.
 *
 * @throws {MigrateError} `ROLLOUT_INVALID` for waves that do not increase or end before the last tenant, and for a canary
 *   that is not in the fleet.
 */
export function planWaves(
  names: readonly string[],
  { waves, canary = [] }: Pick<RolloutOptions, "waves" | "canary">,
): PlannedWave[] {
  const places = new Map(names.map((name, i) => [name, i]));
  const canaries = new Set(canary.map((name) => placeOf(name, places)));
  const rest = names.flatMap((_, i) => (canaries.has(i) ? [] : [i]));
  const planned: PlannedWave[] = [{ label: "canary", tenants: [...canaries] }];
  let from = 0;
  for (const { label, to } of waveEnds(waves, rest.length)) {
    planned.push({ label, tenants: rest.slice(from, to) });
    from = Math.max(from, to);
  }
  return planned.filter(({ tenants }) => tenants.length > 0);
}

function placeOf(name: string, places: ReadonlyMap<string, number>): number {
  const place = places.get(name);
  if (place !== undefined) return place;
  throw new MigrateError(`There is no tenant ${name} in the fleet, which is to be a canary.`, "ROLLOUT_INVALID");
}

/** How many tenants have been run after each wave. */
function waveEnds(waves: RolloutOptions["waves"], total: number): { readonly label: string; readonly to: number }[] {
  const parts = typeof waves === "string" ? waves.split(",") : (waves ?? ["100%"]);
  const shares = parts.map((part) => ({ label: String(part).trim(), share: parseShare(part, "Each of waves") }));
  const counts = shares.flatMap(({ share }) => ("count" in share ? [share.count] : []));
  const percents = shares.flatMap(({ share }) => ("percent" in share ? [share.percent] : []));
  if ([counts, percents].some((list) => list.some((value, i) => value <= (list[i - 1] ?? 0)))) {
    throw new MigrateError(
      `waves say how many tenants have been run after each, so they increase: "1,5%,100%", not ${JSON.stringify(parts.join(","))}.`,
      "ROLLOUT_INVALID",
    );
  }
  const ends = shares.map(({ label, share }) => ({
    label,
    to: Math.min(total, "count" in share ? share.count : Math.ceil((total * share.percent) / 100)),
  }));
  const last = ends.at(-1)?.to ?? 0;
  if (last >= total) return ends;
  throw new MigrateError(
    `waves end after ${last} of ${total} tenants. Let them end with 100%; to run fewer, select fewer (--limit, --only).`,
    "ROLLOUT_INVALID",
  );
}

/**
 * How many tenants of a wave may fail before the waves after it are given up.
 *
 * @throws {MigrateError} `ROLLOUT_INVALID`
 */
export function allowedFailures(maxFailures: RolloutOptions["maxFailures"], waveSize: number): number {
  const share = parseShare(maxFailures ?? 0, "maxFailures");
  return "count" in share ? share.count : Math.floor((waveSize * share.percent) / 100);
}
