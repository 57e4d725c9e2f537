import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { describe, expect, test } from "vitest";
import { withPrismaEngine } from "./prisma-engine.ts";
import { createProject, runInProcess } from "./prisma-project.ts";
import type { PrismaTestProject } from "./prisma-project.ts";
import { startNode } from "./run-node.ts";
import { countsOf, schemaOf, scratchFolder } from "./scratch.ts";

const onFile = (): Promise<PrismaTestProject> => createProject((root) => `file:${path.join(root, "dev.db")}`);

async function withDatabase<T>({ url }: PrismaTestProject, use: (client: Client) => Promise<T>): Promise<T> {
  await using client = createClient({ url });
  return await use(client);
}

const user = `model User {
  id    Int    @id @default(autoincrement())
  email String @unique
}
`;
const userWithPlan = user.replace("@unique", '@unique\n  plan  String @default("free")');

/** A project with one applied migration and two rows. */
async function started(): Promise<PrismaTestProject & { readonly init: string }> {
  const project = await onFile();
  await project.schema(user);
  await project.json(0, "dev", "--name", "init");
  const [init = ""] = await project.names();
  await withDatabase(project, (client) => client.execute(`INSERT INTO "User" (email) VALUES ('a'), ('b')`));
  return { ...project, init };
}

describe("prisma dev", () => {
  test("writes and does not apply with --create-only, an empty migration if nothing has changed", async () => {
    const project = await started();
    await project.schema(user.replace("@unique", "@unique\n  age   Int"));
    const made = await project.json(0, "dev", "--create-only", "--name", "age");
    expect(made).toMatchObject({ state: "created", applied: [], unexecutable: [expect.stringContaining("age")] });
    const [, age = ""] = await project.names();
    expect(await project.json(2, "status")).toMatchObject({ state: "pending", pending: [age] });
    // As people do: a value for the rows that are there.
    const file = path.join(project.migrations, age, "migration.sql");
    await writeFile(file, `ALTER TABLE "User" ADD COLUMN "age" INTEGER NOT NULL DEFAULT 18;\n`);
    await project.schema(user.replace("@unique", "@unique\n  age   Int @default(18)"));
    expect(await project.json(0, "dev")).toMatchObject({ state: "applied", applied: [age] });
    expect(await project.json(0, "dev", "--create-only")).toMatchObject({ state: "created", applied: [] });
    expect(await project.names()).toHaveLength(3);
    expect(await withDatabase(project, (client) => countsOf(client, "User"))).toEqual({ User: 2 });
  });

  test("names migrations so that each comes after those that are there", async () => {
    const project = await started();
    await project.add("29990101000000_far", 'CREATE INDEX "far" ON "User"("id");\n');
    for (const name of ["../../Über den Rand", "zwei", "eins"]) {
      await project.json(0, "dev", "--create-only", "--name", name);
    }
    expect(await project.names()).toEqual([
      project.init,
      "29990101000000_far",
      "29990101000001_uber_den_rand",
      "29990101000002_zwei",
      "29990101000003_eins",
    ]);
  });

  test("applies what others have added, also late, and asks for what takes data away", async () => {
    const project = await started();
    await project.add(
      "20200101000000_late",
      'CREATE TABLE "Late" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT);\n',
    );
    await project.schema(`${user}model Late {\n  id Int @id\n}\n`);
    expect(await project.json(0, "dev")).toMatchObject({ state: "applied", applied: ["20200101000000_late"] });
    await project.add("29990101000000_drop", 'DROP TABLE "User";\n');
    await project.schema("model Late {\n  id Int @id\n}\n");
    expect(await project.json(4, "dev")).toMatchObject({ error: { code: "DESTRUCTIVE" } });
    expect(await project.answer(false, "dev")).toMatchObject({ code: 4 });
    expect(await withDatabase(project, (client) => countsOf(client, "User"))).toEqual({ User: 2 });
    expect(await project.answer(true, "dev")).toMatchObject({ code: 0, stderr: expect.stringContaining("User") });
    expect(await withDatabase(project, schemaOf)).not.toContainEqual(expect.stringContaining('"User"'));
  });

  test("drops an empty table without a question, and a full one only with a yes", async () => {
    const project = await started();
    await project.schema(`${user}model Note {\n  id Int @id\n}\n`);
    await project.json(0, "dev");
    await project.schema(user);
    expect(await project.json(0, "dev")).toMatchObject({ state: "applied", warnings: [] });
    await project.schema("model Note {\n  id Int @id\n}\n");
    expect(await project.json(4, "dev")).toMatchObject({ error: { code: "DESTRUCTIVE" } });
    const answered = await project.answer(true, "dev", "--name", "no-users");
    expect(answered).toMatchObject({ code: 0, stdout: expect.stringContaining("_no_users") });
  });

  test("leaves no timer of the engine's behind, which would keep the process for a minute", async () => {
    const project = await started();
    // It sets one when it counts rows.
    await project.schema(user.replace(/ {2}email.*\n/u, ""));
    const src = new URL("../src/cli/", import.meta.url).href;
    const program = `import { main } from "${src}main.ts";
      import { createProcessIo } from "${src}io.ts";
      const code = await main(process.argv.slice(1), createProcessIo(process));
      console.error(code, process.getActiveResourcesInfo().includes("Timeout"));`;
    const config = path.join(project.root, "prisma.config.ts");
    const { stderr } = await startNode(["--input-type=module", "-e", program, "prisma", "dev", "--config", config])
      .ended;
    expect(stderr).toMatch(/\n4 false\n$/u);
  });

  test("keeps what Prisma does not know when it rebuilds a table", async () => {
    const project = await onFile();
    const post = (more = ""): string =>
      `model Note {\n  id Int @id\n}\n\nmodel Post {\n  id Int @id\n  likes Int @default(0)\n  place Unsupported("F32_BLOB(2)")?\n${more}}\n`;
    await project.schema(post());
    await project.json(0, "dev");
    await project.json(0, "dev", "--create-only", "--name", "by-hand");
    const [, byHand = ""] = await project.names();
    const objects = {
      place_idx: `CREATE INDEX "place_idx" ON "Post" (libsql_vector_idx(place))`,
      liked: `CREATE TRIGGER "liked" AFTER UPDATE ON "Post" BEGIN SELECT 1; END`,
      popular: `CREATE INDEX "popular" ON "Post" ("likes") WHERE "likes" > 10`,
      rounded: `CREATE INDEX "rounded" ON "Post" (abs("likes"))`,
    };
    const search =
      'CREATE VIRTUAL TABLE "Post_search" USING fts5(text);\nCREATE VIEW "all_likes" AS SELECT "likes" FROM "Post";\nCREATE VIEW "most_likes" AS SELECT max("likes") FROM "all_likes";\n' +
      'CREATE TRIGGER "by_view" INSTEAD OF INSERT ON "all_likes" BEGIN SELECT 1; END;\n' +
      'CREATE TRIGGER "by_note" AFTER INSERT ON "Note" BEGIN UPDATE "Post" SET "likes" = 0; END;\n' +
      'CREATE TRIGGER "indexed" AFTER INSERT ON "Post" BEGIN INSERT INTO "Post_search" VALUES (1); END;\n';
    await project.add(byHand, `${Object.values(objects).join(";\n")};\n${search}`);
    expect(await project.json(0, "dev")).toMatchObject({ state: "applied", applied: [byHand] });
    expect(await project.json(0, "dev")).toMatchObject({ state: "in-sync" });
    await withDatabase(project, (client) => client.execute(`INSERT INTO "Post" VALUES (1, 20, vector32('[1, 2]'))`));

    // A changed default is a new table.
    await project.schema(post().replace("@default(0)", "@default(1)"));
    const rebuilt = await project.json(0, "dev", "--name", "default");
    expect(rebuilt).toMatchObject({
      state: "applied",
      kept: [...Object.keys(objects), "indexed", "all_likes", "most_likes", "by_view", "by_note"],
      lost: [],
    });
    const schema = await withDatabase(project, schemaOf);
    for (const sql of Object.values(objects)) expect(schema).toContain(sql);
    expect(schema).toContainEqual(expect.stringContaining('VIEW "most_likes"'));
    const found = `SELECT id FROM vector_top_k('place_idx', vector32('[1, 2]'), 1)`;
    expect((await withDatabase(project, (client) => client.execute(found))).rows).toMatchObject([{ id: 1 }]);
    expect(await project.json(0, "dev")).toMatchObject({ state: "in-sync" });
    expect(await project.json(0, "diff", "--from-schema", "--to-database", "--exit-code")).toMatchObject({
      isEmpty: true,
    });

    // What has lost its column is told.
    await project.schema(
      post()
        .replace(/ {2}place.*\n/u, "")
        .replace("@default(0)", "@default(2)"),
    );
    expect(await project.json(0, "dev", "--allow-destructive")).toMatchObject({ lost: ["place_idx"] });
    const shown = await project.run("pull", "--print", "--force");
    expect(shown.stdout.match(/^model \w+/gmu)).toEqual(["model Note", "model Post"]);
    expect(await project.json(0, "reset", "--force")).toMatchObject({ applied: await project.names() });
    expect(await project.json(0, "dev")).toMatchObject({ state: "in-sync" });
  });

  test("tells that a reset is needed, and resets nothing", async () => {
    const project = await started();
    const { init } = project;
    const text = (await project.texts())[init] ?? "";
    const expectReset = async (reason: RegExp): Promise<void> => {
      const before = await withDatabase(project, schemaOf);
      expect(await project.json(2, "dev")).toMatchObject({
        error: { code: "RESET_NEEDED", message: expect.stringMatching(reason) },
      });
      expect(await withDatabase(project, schemaOf)).toEqual(before);
      expect(await withDatabase(project, (client) => countsOf(client, "User"))).toEqual({ User: 2 });
    };
    await project.add(init, `${text}-- edited\n`);
    await expectReset(/modified/u);
    expect(await project.json(2, "status")).toMatchObject({ state: "diverged", edited: [init] });
    await rm(path.join(project.migrations, init), { recursive: true });
    await expectReset(/missing/u);
    expect(await project.json(2, "status")).toMatchObject({ state: "diverged", missing: [init] });
    await project.add(init, text);
    await withDatabase(project, (client) => client.execute('ALTER TABLE "User" ADD COLUMN "by_hand" TEXT'));
    await expectReset(/by_hand/u);
    await withDatabase(project, (client) => client.execute('ALTER TABLE "User" DROP COLUMN "by_hand"'));
    expect(await project.json(0, "dev")).toMatchObject({ state: "in-sync" });
    const broken = {
      [init]: text,
      "29990101000000_broken": `CREATE TABLE half (x);\nINSERT INTO "User" (email) VALUES ('a');\n`,
    };
    const file = project.url.slice("file:".length);
    await expect(withPrismaEngine(file, broken, (engine) => engine.deploy())).rejects.toThrow();
    await project.add("29990101000000_broken", broken["29990101000000_broken"]);
    await expectReset(/failed/u);
    expect(await project.json(2, "status")).toMatchObject({ state: "diverged", failed: ["29990101000000_broken"] });
  });

  test("says what is wrong with a migration that fails, and leaves nothing half done", async () => {
    const project = await started();
    await project.add(
      "29990101000000_bad",
      'CREATE TABLE "More" ("id" INTEGER);\nINSERT INTO "User" (email) VALUES (\'a\');\n',
    );
    await project.schema(user);
    const failed = await project.json(1, "dev");
    expect(failed).toMatchObject({ error: { code: "MIGRATION_FAILED" } });
    expect(await withDatabase(project, (client) => countsOf(client, "User"))).toEqual({ User: 2 });
    expect(await withDatabase(project, schemaOf)).not.toContainEqual(expect.stringContaining("More"));
    // Prisma cannot build on it either: it does not run on an empty database.
    await project.add("29990101000000_bad", "SELECT * FROM nowhere;\n");
    expect(await project.json(1, "dev")).toMatchObject({ error: { code: "PRISMA_ENGINE_FAILED" } });
  });

  test("reads a folder of schema files", async () => {
    const root = await scratchFolder();
    const project = await started();
    const folder = path.join(root, "schema");
    await mkdir(path.join(folder, "more"), { recursive: true });
    await writeFile(path.join(folder, "main.prisma"), 'datasource db {\n  provider = "sqlite"\n}\n');
    await writeFile(path.join(folder, "user.prisma"), `/// A person\n${userWithPlan}`);
    await writeFile(path.join(folder, "more", "note.prisma"), "model Note {\n  id Int @id\n}\n");
    const args = ["--schema", folder, "--dir", project.migrations];
    expect(await project.json(0, "dev", ...args)).toMatchObject({ state: "applied" });
    await withDatabase(project, (client) => client.execute('CREATE TABLE "Later" ("id" INTEGER NOT NULL PRIMARY KEY)'));
    const { written } = await project.json(0, "pull", ...args);
    expect(written).toContain(path.join(folder, "introspected.prisma"));
    expect(await readFile(path.join(folder, "introspected.prisma"), "utf8")).toContain("model Later");
    expect(await readFile(path.join(folder, "user.prisma"), "utf8")).toContain("/// A person");
  });
});

describe("a database that was there before", () => {
  const before = `CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL);
    CREATE UNIQUE INDEX "User_email_key" ON "User" ("email");
    INSERT INTO "User" ("email") VALUES ('a');`;

  test("is taken over: pull, diff, resolve", async () => {
    const project = await onFile();
    await withDatabase(project, (client) => client.executeMultiple(before));
    expect(await project.json(2, "dev")).toMatchObject({ error: { code: "RESET_NEEDED" } });
    await project.json(0, "pull");
    const { stdout } = await project.run("diff", "--from-empty", "--to-schema", "--script");
    await project.add("20260101000000_init", stdout);
    expect(await project.json(1, "deploy")).toMatchObject({ error: { code: "MIGRATION_FAILED" } });
    expect(await project.json(0, "resolve", "--applied", "20260101000000_init")).toMatchObject({ changed: true });
    expect(await project.json(0, "dev")).toMatchObject({ state: "in-sync" });
    await project.schema(userWithPlan);
    expect(await project.json(0, "dev")).toMatchObject({ state: "applied", warnings: [] });
    expect(await withDatabase(project, (client) => countsOf(client, "User"))).toEqual({ User: 1 });
  });

  test("may hold tables that are somebody else's", async () => {
    const config = { experimental: { externalTables: true }, tables: { external: ["Legacy"] } };
    const project = await createProject((root) => `file:${path.join(root, "dev.db")}`, { config });
    await withDatabase(project, (client) =>
      client.execute('CREATE TABLE "Legacy" ("id" INTEGER NOT NULL PRIMARY KEY)'),
    );
    await project.schema(user);
    expect(await project.json(0, "dev")).toMatchObject({ state: "applied" });
    const [name = ""] = await project.names();
    expect((await project.texts())[name]).not.toContain("Legacy");
    expect(await withDatabase(project, schemaOf)).toContainEqual(expect.stringContaining("Legacy"));
  });
});

describe("prisma diff", () => {
  test("compares schemas without a database, in words, as SQL and as data", async () => {
    const project = await onFile();
    await project.schema(user);
    const sides = ["diff", "--from-empty", "--to-schema"];
    expect(await project.run(...sides)).toMatchObject({ code: 0, stdout: expect.stringContaining("User") });
    expect(await project.run(...sides, "--script")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^-- CreateTable\nCREATE TABLE "User"/u),
    });
    expect(await project.json(2, ...sides, "--exit-code")).toMatchObject({ command: "prisma diff", isEmpty: false });
    expect(await project.json(0, "diff", "--from-schema", "--to-schema", "--exit-code")).toMatchObject({
      isEmpty: true,
      script: "",
    });
    // The SQL makes what the schema says.
    const { stdout } = await project.run(...sides, "--script");
    await withDatabase(project, (client) => client.executeMultiple(stdout));
    expect(await project.json(0, "diff", "--from-schema", "--to-config-datasource", "--exit-code")).toMatchObject({
      isEmpty: true,
    });
  });

  test("compares migrations with the schema, and another database by its URL", async () => {
    const project = await started();
    await project.schema(userWithPlan);
    const { script } = await project.json(2, "diff", "--from-migrations", "--to-schema", "--exit-code");
    expect(script).toContain(`"plan" TEXT NOT NULL DEFAULT 'free'`);
    const other = path.join(project.root, "other.db");
    await withDatabase({ ...project, url: `file:${other}` }, (client) =>
      client
        .executeMultiple(String(script))
        .catch(() => client.execute('CREATE TABLE "X" ("id" INTEGER NOT NULL PRIMARY KEY)')),
    );
    expect(
      await project.json(2, "diff", "--from-migrations", project.migrations, "--to-database", other, "--exit-code"),
    ).toMatchObject({ isEmpty: false });
    expect(await project.json(0, "diff", "--from-migrations", "--to-database", "--exit-code")).toMatchObject({
      isEmpty: true,
    });
  });

  test("wants one of each side", async () => {
    const project = await started();
    for (const args of [
      ["--from-empty"],
      ["--to-schema"],
      ["--from-empty", "--from-schema", "--to-empty"],
      ["--from-database", "--to-database"],
    ]) {
      expect(await project.json(1, "diff", ...args)).toMatchObject({ error: { code: "PRISMA_PROJECT_INVALID" } });
    }
  });
});

describe("prisma resolve, status and deploy", () => {
  test("need nothing of Prisma, and agree with it", async () => {
    const { migrations, names, texts } = await started();
    const bare = await createProject((root) => `file:${path.join(root, "live.db")}`, { packages: false });
    const dir = ["--dir", migrations];
    const [init = ""] = await names();
    const file = bare.url.slice("file:".length);
    const diagnose = async (): Promise<unknown> => withPrismaEngine(file, await texts(), (engine) => engine.diagnose());
    expect(await bare.json(2, "status", ...dir)).toMatchObject({ state: "pending", pending: [init] });
    expect(await bare.json(0, "deploy", ...dir)).toMatchObject({ state: "migrated", applied: [init] });
    expect(await bare.json(0, "deploy", ...dir)).toMatchObject({ state: "up-to-date", applied: [] });
    expect(await diagnose()).toMatchObject({ history: null });
    expect(await bare.json(0, "resolve", ...dir, "--rolled-back", init)).toMatchObject({
      state: "rolled-back",
      changed: true,
    });
    expect(await bare.json(2, "status", ...dir)).toMatchObject({ state: "pending", pending: [init] });
    expect(await diagnose()).toMatchObject({ history: { unappliedMigrationNames: [init] } });
    expect(await bare.json(0, "resolve", ...dir, "--applied", init)).toMatchObject({ state: "applied", changed: true });
    expect(await bare.json(0, "resolve", ...dir, "--applied", init)).toMatchObject({ changed: false });
    expect(await bare.json(0, "status", ...dir)).toMatchObject({ state: "up-to-date" });
    expect(await diagnose()).toMatchObject({ history: null });
    expect(await bare.json(1, "resolve", ...dir)).toMatchObject({ error: { code: "MIGRATION_UNKNOWN" } });
    expect(await bare.json(1, "resolve", ...dir, "--applied", "nothing")).toMatchObject({
      error: { code: "MIGRATION_UNKNOWN" },
    });
  });

  test("deploy asks for what takes data away and refuses what comes late", async () => {
    const project = await started();
    await project.add("29990101000000_drop", 'DROP TABLE "User";\n');
    expect(await project.json(4, "deploy")).toMatchObject({ error: { code: "DESTRUCTIVE" } });
    expect(await project.answer(false, "deploy")).toMatchObject({ code: 4 });
    expect(await withDatabase(project, (client) => countsOf(client, "User"))).toEqual({ User: 2 });
    expect(await project.answer(true, "deploy")).toMatchObject({ code: 0 });
    await project.add("20200101000000_late", "CREATE TABLE late (x);\n");
    expect(await project.json(1, "deploy")).toMatchObject({ error: { code: "HISTORY_OUT_OF_ORDER" } });
    expect(await project.json(0, "deploy", "--order", "allow")).toMatchObject({ applied: ["20200101000000_late"] });
  });
});

describe("what is missing is said", () => {
  const noPackages = (): Promise<PrismaTestProject> =>
    createProject((root) => `file:${path.join(root, "dev.db")}`, { packages: false });

  async function installed(project: PrismaTestProject, versions: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, version] of Object.entries(versions)) {
      const folder = path.join(project.root, "node_modules", name);
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
      await writeFile(path.join(folder, "index.js"), "");
    }
  }

  test("packages", async () => {
    const project = await noPackages();
    const expectError = async (code: string, words: string): Promise<void> => {
      expect(await project.json(1, "diff", "--from-empty", "--to-schema")).toMatchObject({
        error: { code, message: expect.stringContaining(words) },
      });
    };
    await expectError("PRISMA_MISSING", "npm install --save-dev prisma@7");
    await installed(project, { prisma: "7.9.3", "@prisma/engines": "7.9.3", "@prisma/engines-version": "7.9.0-4.abc" });
    await expectError("PRISMA_MISSING", "@prisma/schema-engine-wasm@7.9.0-4.abc");
    await installed(project, { "@prisma/schema-engine-wasm": "7.8.0-6.def" });
    await expectError("PRISMA_MISMATCH", "@prisma/schema-engine-wasm@7.9.0-4.abc");
    await installed(project, { "@prisma/schema-engine-wasm": "7.9.0-2.def" });
    await expectError("PRISMA_MISSING", "@litefleet/prisma-adapter");
    await installed(project, { prisma: "6.19.0" });
    await expectError("PRISMA_MISMATCH", "prisma@7");
  });

  test("the schema, the database and the configuration", async () => {
    const root = await scratchFolder();
    const empty = path.join(root, "prisma.config.ts");
    await writeFile(empty, "export default {};\n");
    const expectError = async (...args: string[]): Promise<void> => {
      const { code, stdout } = await runInProcess(["prisma", ...args, "--json"]);
      expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
        code: 1,
        error: { code: "PRISMA_PROJECT_INVALID" },
      });
    };
    await expectError("status", "--config", empty);
    await expectError("status", "--config", path.join(root, "other.config.ts"));
    await expectError("status", "--config", empty, "--url", ":memory:");
    await expectError(
      "dev",
      "--config",
      empty,
      "--url",
      path.join(root, "a.db"),
      "--schema",
      path.join(root, "no.prisma"),
    );
    await writeFile(path.join(root, "a.db"), "");
    await writeFile(path.join(root, "b.db"), "");
    await expectError("status", "--config", empty, "--url", path.join(root, "*.db"));
    await writeFile(empty, "throw new Error('no')\n");
    await expectError("status", "--config", empty);
  });

  test("a schema that is none, a database that is not there", async () => {
    const project = await onFile();
    await project.schema("model User {\n  id Itn @id\n}\n");
    expect(await project.json(1, "dev")).toMatchObject({
      error: { code: "PRISMA_SCHEMA_INVALID", message: expect.stringContaining("schema.prisma") },
    });
    expect(await project.names()).toEqual([]);
    for (const args of [["pull"], ["diff", "--from-empty", "--to-database"], ["resolve", "--applied", "x"]]) {
      const other = ["--url", path.join(project.root, "none.db"), "--dir", project.migrations];
      await project.add("20200101000000_x", "SELECT 1;\n");
      expect(await project.json(1, ...args, ...other)).toMatchObject({ error: { code: "TARGET_INVALID" } });
    }
    expect(await project.json(1, "deploy", "--dir", path.join(project.root, "nowhere"))).toMatchObject({
      error: { code: "DIR_INVALID" },
    });
  });

  test("a schema for another kind of database", async () => {
    const project = await onFile();
    const other = path.join(project.root, "other.prisma");
    await writeFile(other, `datasource db {\n  // provider = "sqlite"\n  provider = "postgresql"\n}\n\n${user}`);
    for (const args of [["dev"], ["pull", "--url", other], ["diff", "--from-empty", "--to-schema"]]) {
      const ended = await project.json(1, ...args, "--schema", other);
      expect(ended).toMatchObject({ error: { code: "PRISMA_SCHEMA_INVALID" } });
    }
    expect(await project.names()).toEqual([]);
  });

  test("every command has help with examples", async () => {
    for (const name of ["dev", "diff", "deploy", "status", "resolve", "reset", "pull"]) {
      const { code, stdout } = await runInProcess(["prisma", name, "--help"]);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining(`npx litefleet-migrate prisma ${name}`),
      });
      expect(stdout).toContain("--json");
    }
    expect((await runInProcess(["prisma", "dve"])).code).toBe(1);
  });
});
