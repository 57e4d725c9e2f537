import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));

const program = `
import { sql, Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { concurrent, LitefleetDialect } from "./src/index.ts";

const db = new Kysely({ dialect: new LitefleetDialect({ url: "file:next.db" }) });
const told = {};
for (const transactionMode of ["per-run", "per-migration", "none"]) {
  const table = "t_" + transactionMode.replace("-", "_");
  const migrations = {
    "1": { up: (to) => sql\`create table \${sql.id(table)} (id integer primary key, name text)\`.execute(to) },
    "2": { up: (to) => sql\`insert into \${sql.id(table)} (name) values ('Ada')\`.execute(to) },
  };
  const migrator = () =>
    new Migrator({
      db,
      provider: { getMigrations: async () => migrations },
      transactionMode,
      migrationTableName: table + "_ledger",
      migrationLockTableName: table + "_lock",
    });
  const runs = await Promise.all([migrator(), migrator(), migrator()].map((one) => one.migrateToLatest()));
  const { rows } = await sql\`select name from \${sql.id(table)}\`.execute(db);
  told[transactionMode] = [runs.flatMap((run) => run.error ?? []).length, rows];
}
const tables = await db.introspection.getTables({ where: ({ table }) => sql\`substr(\${table}, 1, 9) = 't_per_run'\` });
told.tables = tables.map((table) => table.name);
told.metadata = Object.keys(tables[0]).toSorted();
await concurrent(db, (trx) => trx.insertInto("t_none").values({ name: "Grace" }).execute());
const trx = await db.startTransaction().execute();
const after = await trx.savepoint("here").execute();
await after.deleteFrom("t_none").execute();
await after.rollbackToSavepoint("here").execute();
await trx.commit().execute();
told.streamed = await Array.fromAsync(sql\`select name from t_none order by id\`.stream(db, 1));
const last = await db.insertInto("t_none").values({ name: "Edsger" }).executeTakeFirst();
told.insertId = String(last.insertId);
await db.destroy();
console.log(JSON.stringify(told));
`;

it("works with the next version of Kysely", async () => {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-next-kysely-"));
  try {
    // A copy, for the sources find their Kysely by where they lie.
    await cp(join(packageFolder, "src"), join(folder, "src"), { recursive: true });
    await mkdir(join(folder, "node_modules/@litefleet"), { recursive: true });
    await symlink(
      await realpath(join(packageFolder, "node_modules/kysely-v0.30")),
      join(folder, "node_modules/kysely"),
    );
    await symlink(await realpath(join(packageFolder, "../driver")), join(folder, "node_modules/@litefleet/driver"));
    await writeFile(join(folder, "program.mjs"), program);
    const { stdout } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: folder });
    const told: unknown = JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("{")) ?? "");
    const applied = [0, [{ name: "Ada" }]];
    expect(told).toEqual({
      "per-run": applied,
      "per-migration": applied,
      none: applied,
      tables: ["t_per_run", "t_per_run_ledger", "t_per_run_lock"],
      metadata: ["columns", "comment", "isForeign", "isView", "name"],
      streamed: [{ name: "Ada" }, { name: "Grace" }],
      insertId: "3",
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
