import { createHash } from "node:crypto";
import { MigrateError } from "../errors.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** Which tenants of a fleet. What is not given selects nothing away. The order of these is that in which they are applied. */
export interface TenantSelection {
  /** Names; `*` stands for any characters and `?` for one. A name without those must exist. */
  readonly only?: readonly string[];
  /** Names that are left out, written as for `only`. */
  readonly exclude?: readonly string[];
  /** Tags that a tenant must have, all of them: `{ plan: "pro" }`. */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * One part of the fleet, for the work of several machines: `{ index: 1, count: 4 }`, counted from 1. Each tenant is in exactly one
   * shard, by a hash of its name, and stays there when others come and go.
   */
  readonly shard?: { readonly index: number; readonly count: number };
  /** So many tenants, or such a part of them (`"5%"`, at least one), spread over the fleet. The same ones each time. */
  readonly sample?: number | `${number}%`;
  /** Another text gives another `sample`. Default `""`. */
  readonly seed?: string;
  /** The first so many. */
  readonly limit?: number;
}

/**
 * @throws {RangeError} for numbers that cannot be.
 * @throws {MigrateError} `NO_TARGETS` if nothing is left by names and tags, `TARGET_INVALID` for a name that nobody has.
 */
export function selectTenants(tenants: readonly ResolvedTenant[], selection: TenantSelection): ResolvedTenant[] {
  const { only, exclude = [], tags = {}, shard, sample, seed = "", limit } = selection;
  const isNamed = only === undefined ? () => true : namedBy(only, tenants);
  const isExcluded = namedBy(exclude, tenants);
  const wanted = Object.entries(tags);
  let left = tenants.filter((tenant) => {
    return isNamed(tenant) && !isExcluded(tenant) && wanted.every(([key, value]) => tenant.tags[key] === value);
  });
  if (left.length === 0) {
    throw new MigrateError(`None of ${tenants.length} tenants is selected by the names and tags given.`, "NO_TARGETS");
  }
  if (shard !== undefined) left = inShard(left, shard);
  if (sample !== undefined) left = sampleOf(left, sample, seed);
  if (limit !== undefined) left = left.slice(0, checkWhole("limit", limit));
  return left;
}

function namedBy(names: readonly string[], tenants: readonly ResolvedTenant[]): (tenant: ResolvedTenant) => boolean {
  const known = new Set(tenants.map(({ name }) => name));
  const isPattern = (name: string): boolean => /[*?]/u.test(name) && !known.has(name);
  const unknown = names.find((name) => !isPattern(name) && !known.has(name));
  if (unknown !== undefined) throw new MigrateError(`No tenant is called ${unknown}.`, "TARGET_INVALID");
  const literal = new Set(names.filter((name) => !isPattern(name)));
  const patterns = names.filter(isPattern).map(toRegExp);
  return ({ name }) => literal.has(name) || patterns.some((pattern) => pattern.test(name));
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replaceAll(/[.*+?^${}()|[\]\\]/gu, (character) => {
    return character === "*" ? ".*" : character === "?" ? "." : `\\${character}`;
  });
  return new RegExp(`^${source}$`, "su");
}

function inShard(
  tenants: readonly ResolvedTenant[],
  { index, count }: { index: number; count: number },
): ResolvedTenant[] {
  checkWhole("shard count", count);
  if (!Number.isSafeInteger(index) || index < 1 || index > count) {
    throw new RangeError(`Expected a shard from 1 to ${count}, got ${index}`);
  }
  return tenants.filter(({ name }) => hash(name) % count === index - 1);
}

function sampleOf(tenants: readonly ResolvedTenant[], sample: number | string, seed: string): ResolvedTenant[] {
  const size = sampleSize(sample, tenants.length);
  const ranked = tenants.map((tenant, i) => ({ i, rank: hash(`${seed}\0${tenant.name}`) }));
  const chosen = ranked.sort((a, b) => a.rank - b.rank || a.i - b.i).slice(0, size);
  const places = new Set(chosen.map(({ i }) => i));
  return tenants.filter((_, i) => places.has(i));
}

function sampleSize(sample: number | string, total: number): number {
  if (typeof sample === "number") return checkWhole("sample", sample);
  const percent = /^(\d+(?:\.\d+)?)%$/u.exec(sample)?.[1];
  if (percent === undefined || Number(percent) <= 0 || Number(percent) > 100) {
    throw new RangeError(`Expected sample as a whole number from 1 on or as a part such as "5%", got ${sample}`);
  }
  return Math.max(1, Math.round((total * Number(percent)) / 100));
}

/** 48 bits of a name's SHA-256, which a number holds exactly. */
function hash(text: string): number {
  return createHash("sha256").update(text).digest().readUIntBE(0, 6);
}

function checkWhole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Expected ${name} as a whole number from 1 on, got ${value}`);
}
