import { stat } from "node:fs/promises";
import { createClient } from "@litefleet/driver";
import { applyPending } from "../apply.ts";
import { MigrateError } from "../errors.ts";
import { resolveTenants } from "../fleet/resolve-tenants.ts";
import type { FleetSource } from "../fleet/resolve-tenants.ts";
import { checkConcurrency, runTenants, tenantExists, withClient } from "../fleet/run-tenants.ts";
import type { RunOptions } from "../fleet/run-tenants.ts";
import { describeError } from "../fleet/tenant-result.ts";
import type { TenantError } from "../fleet/tenant-result.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { loadMigrations } from "../load-migrations.ts";
import type { SourceOptions } from "../source/source.ts";
import { diffShapes } from "./diff-shapes.ts";
import type { ObjectDiff } from "./diff-shapes.ts";
import { readShape } from "./read-shape.ts";
import type { Shape, ShapeObject } from "./read-shape.ts";

/** Options of {@link fleetDrift}. */
export interface FleetDriftOptions extends FleetSource, RunOptions, SourceOptions {
  /** The folder of migrations; needed for the reference `"folder"` only. */
  readonly dir?: string | URL;
  /**
   * What tenants are compared with: a tenant's name, `"folder"` for what the migrations in `dir` make of an empty database, or the path
   * of another such folder. Default: the shape that most tenants have.
   */
  readonly reference?: string;
  readonly onProgress?: (progress: { readonly total: number; readonly done: number; readonly failed: number }) => void;
}

/** Tenants whose normalised schemas are the same. */
export interface DriftShape {
  /** Tells shapes apart, also from one run to the next. */
  readonly id: string;
  readonly isReference: boolean;
  /** Names, in the order in which they were given. */
  readonly tenants: readonly string[];
  readonly objects: readonly ShapeObject[];
  /** In what it differs from the reference. Empty for the reference itself. */
  readonly diff: readonly ObjectDiff[];
}

/** How the schemas of a fleet compare. */
export interface FleetDrift {
  /** `"largest"`: the shape of most tenants. */
  readonly reference: {
    readonly kind: "largest" | "tenant" | "folder";
    readonly name?: string;
    /** `undefined` if no tenant could be read. */
    readonly shape?: string;
  };
  /** All tenants have one shape, that of the reference. */
  readonly isUniform: boolean;
  readonly interrupted: boolean;
  readonly durationMs: number;
  readonly counts: {
    readonly total: number;
    readonly read: number;
    readonly failed: number;
    readonly notStarted: number;
    readonly shapes: number;
  };
  /** That of most tenants first. */
  readonly shapes: readonly DriftShape[];
  /** Tenants that could not be read. */
  readonly failures: readonly { readonly name: string; readonly target: string; readonly error: TenantError }[];
}

type Read = { readonly tenant: ResolvedTenant } & ({ readonly shape: string } | { readonly error: TenantError });

/**
 * Compares the schemas of all tenants of a fleet. White space, comments, quotes, the case of keywords and names, `IF NOT EXISTS` and
 * the order in which objects were made do not count, nor do ledgers and what engines and indexes keep for themselves. Changes nothing.
 *
 * @throws {MigrateError} `NO_TARGETS`, `TARGET_INVALID` (also for a `reference` that is neither tenant nor folder), `DIR_INVALID`.
 * @example
 * const { shapes, counts } = await fleetDrift({ targets: "data/*.db" });
 * console.log(`${counts.shapes} shapes over ${counts.read} tenants`);
 */
export async function fleetDrift(options: FleetDriftOptions): Promise<FleetDrift> {
  const startedAt = performance.now();
  checkConcurrency(options.concurrency);
  const tenants = await resolveTenants(options);
  const chosen = await findReference(tenants, options);
  const known = new Map<string, { readonly shape: Shape; readonly tenants: string[] }>();
  const progress = { total: tenants.length, done: 0, failed: 0 };
  options.onProgress?.({ ...progress });
  const readOne = async (tenant: ResolvedTenant): Promise<Read> => {
    try {
      const shape = await readTenant(tenant, options.ledgerTable);
      // Ten thousand tenants have a handful of shapes: each is kept once.
      if (!known.has(shape.id)) known.set(shape.id, { shape, tenants: [] });
      return { tenant, shape: shape.id };
    } catch (error) {
      return { tenant, error: describeError(error, tenant) };
    }
  };
  const results = await runTenants(tenants, options, readOne, (read) => {
    progress.done += 1;
    if ("error" in read) progress.failed += 1;
    options.onProgress?.({ ...progress });
  });
  const ended = results.filter((read) => read !== undefined);
  const failures = ended.flatMap((read) =>
    "error" in read ? [{ name: read.tenant.name, target: read.tenant.target, error: read.error }] : [],
  );
  for (const read of ended) if ("shape" in read) known.get(read.shape)?.tenants.push(read.tenant.name);
  const groups = [...known.values()].toSorted((a, b) => b.tenants.length - a.tenants.length);
  const reference =
    chosen.shape ?? shapeOf(groups, chosen.name) ?? (chosen.name === undefined ? groups[0]?.shape : undefined);
  if (reference === undefined && chosen.name !== undefined && groups.length > 0) {
    throw new MigrateError(`The reference, tenant ${chosen.name}, could not be read.`, "TARGET_INVALID");
  }
  const shapes = groups.map(({ shape, tenants: names }): DriftShape => {
    const isReference = shape.id === reference?.id;
    const diff = reference === undefined || isReference ? [] : diffShapes(reference, shape);
    return { ...shape, isReference, tenants: names, diff };
  });
  const notStarted = tenants.length - ended.length;
  return {
    reference: { kind: chosen.kind, name: chosen.name, shape: reference?.id },
    isUniform: shapes.every(({ isReference }) => isReference),
    interrupted: notStarted > 0,
    durationMs: Math.round(performance.now() - startedAt),
    counts: {
      total: tenants.length,
      read: ended.length - failures.length,
      failed: failures.length,
      notStarted,
      shapes: shapes.length,
    },
    shapes,
    failures,
  };
}

async function readTenant(tenant: ResolvedTenant, ledgerTable: string | undefined): Promise<Shape> {
  if (await tenantExists(tenant)) return withClient(tenant, (client) => readShape(client, ledgerTable));
  throw new MigrateError(`Tenant ${tenant.name} does not exist. Make it with up.`, "TARGET_INVALID", {
    tenant: tenant.name,
  });
}

function shapeOf(
  groups: readonly { readonly shape: Shape; readonly tenants: readonly string[] }[],
  tenant: string | undefined,
): Shape | undefined {
  return tenant === undefined ? undefined : groups.find(({ tenants }) => tenants.includes(tenant))?.shape;
}

interface ChosenReference {
  readonly kind: FleetDrift["reference"]["kind"];
  readonly name?: string;
  /** Known before any tenant is read. */
  readonly shape?: Shape;
}

async function findReference(tenants: readonly ResolvedTenant[], options: FleetDriftOptions): Promise<ChosenReference> {
  const { reference, dir } = options;
  if (reference === undefined) return { kind: "largest" };
  if (tenants.some(({ name }) => name === reference)) return { kind: "tenant", name: reference };
  if (reference === "folder") {
    if (dir === undefined) {
      throw new MigrateError(`The reference "folder" needs dir (--dir), the folder of migrations.`, "DIR_INVALID");
    }
    return { kind: "folder", name: String(dir), shape: await shapeOfFolder(dir, options) };
  }
  const found = await stat(reference).catch(() => undefined);
  if (found?.isDirectory() === true) {
    return { kind: "folder", name: reference, shape: await shapeOfFolder(reference, options) };
  }
  throw new MigrateError(
    `The reference ${JSON.stringify(reference)} is neither a tenant of the fleet, nor "folder", nor a folder of migrations.`,
    "TARGET_INVALID",
  );
}

/** What the migrations of a folder make of an empty database. */
async function shapeOfFolder(dir: string | URL, options: FleetDriftOptions): Promise<Shape> {
  const set = await loadMigrations(dir, options);
  await using client = createClient({ url: ":memory:", engine: options.engine });
  await applyPending(client, set, {});
  return await readShape(client, set.ledger.table);
}
