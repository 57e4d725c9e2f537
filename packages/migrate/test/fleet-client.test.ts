import path from "node:path";
import { createFleet } from "@litefleet/driver";
import { expect, test, vi } from "vitest";
import { ensureMigrated, fleetStatus } from "../src/index.ts";
import { blogDir } from "./blog.ts";
import { openFile, scratchFolder } from "./scratch.ts";

// Files in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

test("an application brings each tenant to the newest migration when it opens it", async () => {
  const folder = await scratchFolder();
  const broken = openFile(path.join(folder, "t3.db"));
  await broken.execute("CREATE TABLE posts (x)");
  const names = Array.from({ length: 20 }, (_, i) => `t${i}`);
  await using fleet = createFleet({
    tenants: async (name) => (names.includes(name) ? { url: `file:${path.join(folder, `${name}.db`)}` } : undefined),
    maxOpen: 4,
    idleMs: 60_000,
    onOpen: ensureMigrated({ dir: blogDir }),
  });
  // Each name four times at once: opened, and migrated, once.
  const asked = [...names, ...names, ...names, ...names];
  const results = await Promise.allSettled(
    asked.map((name) => fleet.run(name, (client) => client.execute("SELECT count(*) AS n FROM authors"))),
  );
  const failed = asked.filter((_, i) => results[i]?.status === "rejected");
  expect(failed).toEqual(["t3", "t3", "t3", "t3"]);
  expect(results.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "MIGRATION_FAILED" } });
  // The next call tries again.
  await broken.execute("DROP TABLE posts");
  broken.close();
  const client = await fleet.client("t3");
  expect((await client.execute("SELECT count(*) AS n FROM authors")).rows[0]).toMatchObject({ n: 0 });
  expect(fleet.status().open).toBeLessThanOrEqual(4);
  await expect(fleet.client("nobody")).rejects.toMatchObject({ code: "TENANT_UNKNOWN" });
  const { counts } = await fleetStatus({ dir: blogDir, targets: "*.db", cwd: folder });
  expect(counts).toMatchObject({ total: 20, upToDate: 20 });
});
