import { describe, expect, test } from "vitest";
import { selectTenants } from "../src/fleet/select-tenants.ts";
import type { TenantSelection } from "../src/fleet/select-tenants.ts";
import type { ResolvedTenant } from "../src/fleet/tenant.ts";

function fleetOf(size: number): ResolvedTenant[] {
  return Array.from({ length: size }, (_, i) => ({
    name: `t${i}`,
    target: `data/t${i}.db`,
    path: `/data/t${i}.db`,
    config: { url: `file:/data/t${i}.db` },
    tags: { plan: i % 2 === 0 ? "free" : "pro", region: i % 3 === 0 ? "eu" : "us" },
    namespace: undefined,
    adminUrl: undefined,
    cloud: undefined,
  }));
}

const fleet = fleetOf(1_000);
const names = (selection: TenantSelection, from = fleet): string[] =>
  selectTenants(from, selection).map(({ name }) => name);

describe("names and tags", () => {
  test.each([
    [{}, 1_000],
    [{ only: ["t7", "t99?"] }, 11],
    [{ only: ["t1*"], exclude: ["t1?*"] }, 1],
    [{ exclude: ["*5"] }, 900],
    [{ tags: { plan: "pro" } }, 500],
    [{ tags: { plan: "pro", region: "eu" } }, 167],
    [{ only: ["t1*"], tags: { plan: "pro" }, limit: 3 }, 3],
  ] satisfies [TenantSelection, number][])("%j", (selection, size) => {
    expect(names(selection)).toHaveLength(size);
  });

  test("a dot is a dot, and a name that looks like a pattern is that name", () => {
    const odd = ["a.b", "axb", "a*b"].map((name): ResolvedTenant => ({ ...fleet[0]!, name }));
    expect(names({ only: ["a.b"] }, odd)).toEqual(["a.b"]);
    expect(names({ only: ["a*b"] }, odd)).toEqual(["a*b"]);
    expect(names({ only: ["a?b"] }, odd)).toEqual(["a.b", "axb", "a*b"]);
  });

  test("a name that nobody has is an error, and so is nothing left", () => {
    expect(() => names({ only: ["t1", "acme"] })).toThrow(expect.objectContaining({ code: "TARGET_INVALID" }));
    expect(() => names({ exclude: ["acme"] })).toThrow(expect.objectContaining({ code: "TARGET_INVALID" }));
    expect(() => names({ tags: { plan: "gold" } })).toThrow(expect.objectContaining({ code: "NO_TARGETS" }));
  });
});

describe("shards", () => {
  test("divide the fleet: each tenant is in exactly one, and the parts are alike in size", () => {
    const shards = Array.from({ length: 7 }, (_, i) => names({ shard: { index: i + 1, count: 7 } }));
    expect(shards.flat().toSorted()).toEqual(names({}).toSorted());
    for (const shard of shards) expect(shard.length).toBeGreaterThan(100);
  });

  test("of a large fleet are even", () => {
    const large = Array.from({ length: 100_000 }, (_, i): ResolvedTenant => ({
      ...fleet[0]!,
      name: `tenant-${i + 1}`,
    }));
    const sizes = [1, 2].map((index) => names({ shard: { index, count: 2 } }, large).length);
    expect(sizes).toEqual([49_818, 50_182]);
  });

  test("a tenant stays in its shard when others come", () => {
    const shard = { index: 2, count: 4 };
    const before = names({ shard });
    expect(names({ shard }, fleetOf(2_000)).filter((name) => names({}).includes(name))).toEqual(before);
  });

  // These must never change: two machines of different versions would divide a fleet differently.
  test("are those that they always were", () => {
    expect(names({ shard: { index: 1, count: 100 } })).toMatchInlineSnapshot(`
      [
        "t37",
        "t175",
        "t282",
        "t327",
        "t399",
        "t471",
        "t510",
        "t571",
        "t576",
        "t656",
        "t723",
        "t751",
        "t952",
        "t963",
      ]
    `);
  });
});

test("a sample is spread, the same each time, and another with another seed", () => {
  const sample = names({ sample: "5%" });
  expect(sample).toHaveLength(50);
  expect(names({ sample: 50 })).toEqual(sample);
  expect(names({ sample: 50, seed: "other" })).not.toEqual(sample);
  expect(sample).toEqual(names({}).filter((name) => sample.includes(name)));
  expect(new Set(sample.map((name) => Math.floor(Number(name.slice(1)) / 250)))).toHaveLength(4);
  expect(names({ sample: "0.01%" })).toHaveLength(1);
  expect(names({ sample: 5_000 })).toHaveLength(1_000);
});

test.each([
  { limit: 0 },
  { sample: 0 },
  { sample: "0%" },
  { sample: "101%" },
  { shard: { index: 0, count: 2 } },
  { shard: { index: 3, count: 2 } },
  { shard: { index: 1, count: 0 } },
] satisfies TenantSelection[])("%j cannot be", (selection) => {
  expect(() => names(selection)).toThrow(RangeError);
});
