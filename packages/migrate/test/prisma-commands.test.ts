import path from "node:path";
import { createClient } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll } from "vitest";
import { withPrismaEngine } from "./prisma-engine.ts";
import { createProject } from "./prisma-project.ts";
import { prismaSuite } from "./prisma-suite.ts";

let server: SqldServer;
let guarded: SqldServer;

beforeAll(async () => {
  [server, guarded] = await Promise.all([startSqld(), startSqld({ auth: true })]);
}, 60_000);

afterAll(async () => {
  await Promise.all([server?.stop(), guarded?.stop()]);
});

prismaSuite({
  name: "a file",
  project: () => createProject((root) => `file:${path.join(root, "dev.db")}`),
  open: ({ url }) => createClient({ url }),
  diagnose: async ({ url, texts }) =>
    withPrismaEngine(url.slice("file:".length), await texts(), (engine) => engine.diagnose()),
});

prismaSuite({
  name: "sqld over http",
  project: () => createProject(() => server.clientConfig().url),
  open: ({ url }) => createClient({ url }),
  diagnose: async ({ url, texts }) => withPrismaEngine({ url }, await texts(), (engine) => engine.diagnose()),
});

prismaSuite({
  name: "sqld over ws, which asks for a token",
  project: () => createProject(() => guarded.wsUrl, { token: guarded.clientConfig().authToken }),
  open: () => createClient(guarded.clientConfig()),
  diagnose: async ({ texts }) => withPrismaEngine(guarded.clientConfig(), await texts(), (engine) => engine.diagnose()),
});

prismaSuite({
  name: "Turso Database",
  project: () => createProject((root) => `file:${path.join(root, "dev.db")}`, { engine: "turso" }),
  open: ({ url }) => createClient({ url, engine: "turso" }),
  // Prisma has no adapter for it: its ledger is copied to a file of libSQL.
  diagnose: async ({ root, texts }) => {
    const copy = path.join(root, "copy.db");
    await copyLedger(path.join(root, "dev.db"), copy);
    return withPrismaEngine(copy, await texts(), (engine) => engine.diagnose());
  },
});

async function copyLedger(from: string, to: string): Promise<void> {
  await using turso = createClient({ url: `file:${from}`, engine: "turso" });
  await using copy = createClient({ url: `file:${to}` });
  const { rows } = await turso.execute("SELECT sql FROM sqlite_schema WHERE name = '_prisma_migrations'");
  await copy.execute(String(rows[0]?.["sql"]));
  const ledger = await turso.execute("SELECT * FROM _prisma_migrations");
  for (const row of ledger.rows) {
    const args = ledger.columns.map((column) => row[column] ?? null);
    await copy.execute({ sql: `INSERT INTO _prisma_migrations VALUES (${args.map(() => "?").join(", ")})`, args });
  }
}
