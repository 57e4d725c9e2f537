import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concurrent, nearest } from "@litefleet/kysely-dialect";
import type { Kysely } from "kysely";
import { embed } from "./embed.ts";
import type { HelpDesk } from "./schema.ts";
import { openTenants } from "./tenants.ts";

const subjects = ["The site is slow", "Cannot log in", "Where is my invoice?"];

const [given] = process.argv.slice(2);
const folder = given ?? (await mkdtemp(join(tmpdir(), "help-desk-")));
const { fleet, tenants } = await openTenants(folder);
try {
  const counts = await tenants.map(fill, { names: ["acme", "bolt", "core"] });
  for (const count of counts) console.log(count);

  const acme = await tenants.for("acme");
  await Promise.all([closeNext(acme, "Ada"), closeNext(acme, "Grace")]);
  console.log(`acme after two agents: ${await countOpen(acme)} open`);

  const found = await nearest(acme, "tickets", {
    column: "embedding",
    vector: embed("the page does not load"),
    k: 2,
    select: ["subject"],
    where: (eb) => eb("state", "=", "closed"),
  });
  const list = found.map(({ subject, distance }) => `${subject} (${distance.toFixed(2)})`);
  console.log(`like "the page does not load": ${list.join(", ")}`);
} finally {
  await fleet.close();
  if (given === undefined) await rm(folder, { recursive: true });
}

/** Starts a customer's desk anew: three tickets, one of which is closed. */
async function fill(db: Kysely<HelpDesk>, { name }: { readonly name: string }): Promise<string> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom("tickets").execute();
    await trx.deleteFrom("agents").execute();
    const tickets = subjects.map((subject) => ({ subject, embedding: embed(subject) }));
    await trx.insertInto("tickets").values(tickets).execute();
    await trx.updateTable("tickets").set({ state: "closed" }).where("subject", "like", "%invoice%").execute();
  });
  return `${name}: ${subjects.length} tickets, ${await countOpen(db)} open`;
}

async function countOpen(db: Kysely<HelpDesk>): Promise<number> {
  const query = db.selectFrom("tickets").where("state", "=", "open");
  const { open } = await query.select((eb) => eb.fn.countAll<number>().as("open")).executeTakeFirstOrThrow();
  return open;
}

/** Closes the oldest open ticket. What is read and what is written is one transaction, so two agents never close the same one. */
async function closeNext(db: Kysely<HelpDesk>, agent: string): Promise<void> {
  await concurrent(db, async (trx) => {
    const open = trx.selectFrom("tickets").select("id").where("state", "=", "open").orderBy("id").limit(1);
    const { id } = await open.executeTakeFirstOrThrow();
    await trx.updateTable("tickets").set({ state: "closed" }).where("id", "=", id).execute();
    await trx
      .insertInto("agents")
      .values({ name: agent, closed: 1 })
      .onConflict((conflict) => conflict.column("name").doUpdateSet((eb) => ({ closed: eb("agents.closed", "+", 1) })))
      .execute();
  });
}
