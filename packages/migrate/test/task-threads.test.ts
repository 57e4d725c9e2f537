import path from "node:path";
import { expect, test, vi } from "vitest";
import { resolveTenants } from "../src/fleet/resolve-tenants.ts";
import { TaskThreads } from "../src/run/task-threads.ts";
import { verify } from "../src/index.ts";
import { blogDir, blogMigrations } from "./blog.ts";
import { openFile, scratchFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 60_000 });

test.each(["libsql", "sqlite"] as const)(
  "threads do what this thread does, and answer it as data (%s)",
  async (engine) => {
    const folder = await scratchFolder();
    const file = (name: string): string => path.join(folder, `${name}.db`);
    const other = openFile(file("t3"), { engine });
    await other.execute("CREATE TABLE posts (x)");
    other.close();
    const tenants = await resolveTenants({
      engine,
      tenants: Array.from({ length: 12 }, (_, i) => ({ name: `t${i}`, url: `file:${file(`t${i}`)}` })),
    });
    const threads = new TaskThreads(2, { dir: blogDir, sourceOptions: {}, task: { command: "up" } });
    expect(threads.areReady).toBe(false);
    const attempts = await Promise.all(tenants.map((tenant) => threads.attempt(tenant, undefined)));
    expect(threads.areReady).toBe(true);
    expect(attempts.map(({ state }) => state)).toEqual(
      tenants.map(({ name }) => (name === "t3" ? "failed" : "migrated")),
    );
    expect(attempts[0]).toEqual({
      state: "migrated",
      applied: blogMigrations,
      pending: [],
      version: "0001_starter_plan",
      error: undefined,
      mayPass: false,
    });
    expect(attempts[3]).toMatchObject({
      state: "failed",
      applied: [],
      pending: blogMigrations,
      mayPass: false,
      error: { code: "MIGRATION_FAILED", migration: "0000_blog" },
    });
    const again = await Promise.all(tenants.slice(0, 3).map((tenant) => threads.attempt(tenant, 10_000)));
    expect(again.map(({ state }) => state)).toEqual(["up-to-date", "up-to-date", "up-to-date"]);
    await threads.close();
    // What a thread wrote this thread can open.
    const client = openFile(file("t0"), { engine });
    expect(await verify(client, { dir: blogDir })).toMatchObject({ ok: true, state: "up-to-date" });
  },
);

test("a thread that cannot start says so, and nothing hangs", async () => {
  const folder = await scratchFolder();
  const [tenant] = await resolveTenants({ tenants: [{ name: "t", url: `file:${path.join(folder, "t.db")}` }] });
  const threads = new TaskThreads(1, { dir: path.join(folder, "none"), sourceOptions: {}, task: { command: "up" } });
  expect(await threads.attempt(tenant!, undefined)).toMatchObject({
    state: "failed",
    error: { code: "TENANT_FAILED" },
  });
  await threads.close();
});
