import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { createTemplate, fleetDrift, migrateFleet, rehearse, restoreBackups, resumeFleet } from "@litefleet/migrate";

const folder = path.resolve(process.argv[2] ?? "shops");
const dir = path.join(folder, "migrations");
const state = path.join(folder, ".litefleet");
const ledger = path.join(state, "runs.db");
const backups = path.join(state, "backups");
const names = Array.from({ length: 40 }, (_, i) => `shop-${String(i).padStart(2, "0")}`);
const tenants = names.map((name) => ({ name, url: urlOf(name) }));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await cp(fileURLToPath(new URL("../migrations", import.meta.url)), dir, { recursive: true });

await provision();
await fill();
await upWithCanary();
await resume();
await lookForDrift();
await tryCleanUp();
await cleanUp();

async function provision(): Promise<void> {
  const template = await createTemplate({ dir, templates: path.join(state, "templates") });
  const made = await Promise.all(tenants.map((tenant) => template.provision(tenant)));
  console.log(`provision: ${made.length} shops by ${made[0]?.by}`);
}

async function fill(): Promise<void> {
  for (const name of names) {
    await withShop(name, (client) =>
      client.batch(
        [
          "INSERT INTO products VALUES (1, 'tea'), (2, 'cup')",
          "INSERT INTO orders VALUES (1, 1, '2026-01-02'), (2, 2, '2026-01-03'), (3, 1, '2026-01-04')",
        ],
        "write",
      ),
    );
  }
  await withShop("shop-01", (client) => client.execute("INSERT INTO products VALUES (3, 'tea')"));
  console.log(`orders: ${await countOrders()}`);
}

// litefleet-migrate up --canary shop-00 --waves 1,100%
async function upWithCanary(): Promise<void> {
  await writeFile(path.join(dir, "0002_skus.sql"), "CREATE UNIQUE INDEX skus ON products (sku);\n");
  const run = await migrateFleet({ dir, tenants, ledger, canary: ["shop-00"], waves: "1,100%" });
  const { migrated, failed, notStarted } = run.counts;
  console.log(`up: ${run.state}, ${migrated} migrated, ${failed} failed, ${notStarted} not started`);
  for (const { name, error } of run.tenants) if (error) console.log(`  ${name}: ${error.code} in ${error.migration}`);
}

// litefleet-migrate retry --failed; litefleet-migrate resume
async function resume(): Promise<void> {
  await withShop("shop-01", (client) => client.execute("UPDATE products SET sku = 'green tea' WHERE id = 3"));
  await resumeFleet({ ledger, which: "failed" });
  const { state: outcome, counts } = await resumeFleet({ ledger });
  console.log(`resume: ${outcome}, ${counts.migrated} migrated`);
}

// litefleet-migrate drift
async function lookForDrift(): Promise<void> {
  await withShop("shop-07", (client) => client.execute("CREATE INDEX handmade ON orders (placed_on)"));
  const { counts, shapes } = await fleetDrift({ tenants });
  const outlier = shapes.find(({ isReference }) => !isReference);
  const [difference] = outlier?.diff ?? [];
  console.log(
    `drift: ${counts.shapes} shapes over ${counts.read} shops; ${outlier?.tenants.join(", ")} has ${difference?.type} ${difference?.name}`,
  );
}

// litefleet-migrate rehearse --sample 3
async function tryCleanUp(): Promise<void> {
  // It was to be the orders of before 2025.
  await writeFile(path.join(dir, "0003_clean_up.sql"), "DELETE FROM orders WHERE placed_on > '2025';\n");
  const { counts, tenants: rehearsed } = await rehearse({ dir, tenants, sample: 3 });
  const orders = rehearsed.flatMap(({ tables }) => tables.filter(({ table }) => table === "orders"));
  const sum = (of: "before" | "after"): number => orders.reduce((total, change) => total + (change[of] ?? 0), 0);
  console.log(`rehearse: ${counts.total} shops, orders ${sum("before")} -> ${sum("after")}`);
}

// litefleet-migrate up --allow-destructive --backup auto; litefleet-migrate restore latest --replace
async function cleanUp(): Promise<void> {
  const run = await migrateFleet({ dir, tenants, ledger, backup: "auto", backups });
  console.log(`up: ${run.state}, ${run.counts.migrated} migrated`);
  console.log(`orders: ${await countOrders()}`);
  const restored = await restoreBackups({ of: run.run, backups });
  console.log(`restore: ${restored.filter((shop) => shop.state === "restored").length} shops`);
  console.log(`orders: ${await countOrders()}`);
}

async function countOrders(): Promise<number> {
  let orders = 0;
  for (const name of names) {
    const { rows } = await withShop(name, (client) => client.execute("SELECT count(*) AS n FROM orders"));
    orders += Number(rows[0]?.["n"]);
  }
  return orders;
}

async function withShop<T>(name: string, use: (client: Client) => Promise<T>): Promise<T> {
  await using client = createClient({ url: urlOf(name) });
  return await use(client);
}

function urlOf(name: string): string {
  return `file:${path.join(folder, `${name}.db`)}`;
}
