import pc from "picocolors";
import { expect, test } from "vitest";
import type { FleetStatus, TenantStatus } from "../src/fleet/fleet-status.ts";
import { describeStatus } from "../src/report/status.ts";

const migrations = ["0000_a", "0001_b", "0002_c"];
const plain = pc.createColors(false);

function tenant(name: string, applied: number, over: Partial<TenantStatus> = {}): TenantStatus {
  const pending = migrations.slice(applied);
  return {
    name,
    target: `${name}.db`,
    durationMs: 1,
    state: pending.length === 0 ? "up-to-date" : "pending",
    applied: migrations.slice(0, applied),
    pending,
    edited: [],
    outOfOrder: [],
    failed: [],
    missing: [],
    ...over,
  };
}

function fleet(tenants: readonly TenantStatus[]): FleetStatus {
  const count = (state: TenantStatus["state"]): number => tenants.filter((one) => one.state === state).length;
  const counts = {
    total: tenants.length,
    upToDate: count("up-to-date"),
    pending: count("pending"),
    diverged: count("diverged"),
    failed: count("failed"),
    notStarted: 0,
  };
  return { source: "numbered", migrations, interrupted: false, durationMs: 1, counts, tenants };
}

test("the fleet by version, the most frequent standing first, and the outliers by name", () => {
  const status = fleet([
    tenant("old", 1),
    tenant("older", 0),
    ...Array.from({ length: 10_000 }, (_, i) => tenant(`t${i}`, 3)),
    tenant("bad", 0, { state: "failed", pending: [], error: { code: "TENANT_FAILED", message: "no database" } }),
    tenant("old-2", 1),
  ]);
  expect(describeStatus.table(status, plain).split("\n")).toEqual([
    "TENANTS  STATE       AT      DIFFERENCE                    NAMES",
    "  10000  up-to-date  0002_c  -                             t0, t1, t2 and 9997 more",
    "      2  pending     0000_a  pending 0001_b, 0002_c        old, old-2",
    "      1  pending     -       pending 0000_a to 0002_c (3)  older",
    "      1  failed      -       TENANT_FAILED                 bad",
    "",
  ]);
  expect(describeStatus.summary(status, plain)).toContain(
    "4 tenants stand elsewhere than the 10000 at 0002_c: old, old-2, older and 1 more.\n",
  );
});

test("a fleet in which every tenant stands elsewhere is told in few lines", () => {
  const status = fleet(
    Array.from({ length: 5_000 }, (_, i) => tenant(`t${i}`, 1, { state: "diverged", missing: [`m${i}`] })),
  );
  const lines = describeStatus.table(status, plain).trimEnd().split("\n");
  expect(lines).toHaveLength(32);
  expect(lines.at(-1)).toBe("and 4970 tenants in 4970 more ways; --json names every one");
});
