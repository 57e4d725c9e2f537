import type { Client } from "@litefleet/driver";
import { describe, expect, test } from "vitest";
import type { PrismaTestProject } from "./prisma-project.ts";
import { countsOf } from "./scratch.ts";

/** A database that the commands for Prisma are tried on. */
export interface PrismaTarget {
  readonly name: string;
  /** Makes a project with a new database. */
  readonly project: () => Promise<PrismaTestProject>;
  /** A client on the project's database, which the caller closes. */
  readonly open: (project: PrismaTestProject) => Client;
  /** What Prisma's engine says of the project's database, with Prisma's own adapter where that reaches it. */
  readonly diagnose: (project: PrismaTestProject) => Promise<unknown>;
}

const user = (fields: string): string => `/// Who writes
model User {
  id    Int    @id @default(autoincrement())
${fields}
  posts Post[]
}
`;

const rest = (fields = ""): string => `
enum Kind {
  note
  essay
}

model Post {
  id     Int      @id @default(autoincrement())
  author User     @relation(fields: [userId], references: [id], onDelete: Cascade)
  userId Int
  kind   Kind     @default(note)
  at     DateTime @default(now())
  tags   Tag[]
  place  Unsupported("F32_BLOB(3)")?
${fields}}

model Tag {
  name  String @id
  posts Post[]

  @@map("tags")
}
`;

const email = "  email String @unique";

/** What people do with a schema in the course of a project, step by step on one database. */
export function prismaSuite(target: PrismaTarget): void {
  describe(`a Prisma project on ${target.name}`, () => {
    test("grows, and neither loses rows nor leaves Prisma's ledger", async () => {
      const project = await target.project();
      const rowsOf = async (...tables: string[]): Promise<unknown> => {
        await using client = target.open(project);
        return await countsOf(client, ...tables);
      };
      const upToDate = { editedMigrationNames: [], failedMigrationNames: [], hasMigrationsTable: true, history: null };

      // The first migration: relations, an enum, @@map, a vector, many to many.
      await project.schema(user(email) + rest());
      expect(await project.json(0, "diff", "--from-empty", "--to-schema")).toMatchObject({ isEmpty: false });
      const first = await project.json(0, "dev", "--name", "Première étape");
      const [init] = await project.names();
      expect(init).toMatch(/^\d{14}_premiere_etape$/u);
      expect(first).toMatchObject({ state: "applied", applied: [init], migration: { name: init }, warnings: [] });
      expect((await project.texts())[init ?? ""]).toContain('"place" F32_BLOB(3)');
      expect(await project.json(0, "status")).toMatchObject({ state: "up-to-date", applied: [init] });
      expect(await project.json(0, "dev")).toMatchObject({ state: "in-sync", applied: [] });
      {
        await using client = target.open(project);
        await client.batch([
          `INSERT INTO "User" (email) VALUES ('a@example.com'), ('b@example.com')`,
          `INSERT INTO "Post" ("userId", place) VALUES (1, vector32('[1, 2, 3]')), (1, NULL), (2, NULL)`,
          `INSERT INTO tags VALUES ('x')`,
          `INSERT INTO "_PostToTag" VALUES (1, 'x'), (2, 'x')`,
        ]);
      }

      // Tables are rebuilt that others refer to with ON DELETE CASCADE.
      const plan = '  plan  String @default("free")';
      await project.schema(`${user(`${email}\n${plan}\n  notes Note[]`)}${rest()}
model Note {
  id     Int   @id
  user   User? @relation(fields: [userId], references: [id])
  userId Int?
}
`);
      const counts = { User: 2, Post: 3, tags: 1, _PostToTag: 2 };
      expect(await project.json(0, "dev", "--name", "plan")).toMatchObject({ state: "applied", warnings: [] });
      expect(await rowsOf("User", "Post", "tags", "_PostToTag")).toEqual(counts);
      await project.schema(user(`${email}\n${plan}`) + rest('  title  String   @default("-")\n  @@index([at])\n'));
      const dropped = await project.json(0, "dev", "--name", "title");
      expect(dropped).toMatchObject({ state: "applied", warnings: [] });
      expect(await rowsOf("User", "Post", "tags", "_PostToTag")).toEqual(counts);

      // A column that the rows have no value for, and a name that is another one.
      const title = '  title  String   @default("-")\n  @@index([at])\n';
      await project.schema(user(`${email}\n${plan}\n  age   Int`) + rest(title));
      expect(await project.json(1, "dev")).toMatchObject({ error: { code: "UNEXECUTABLE" } });
      await project.schema(user(`  mail  String? @unique\n${plan}`) + rest(title));
      expect(await project.json(4, "dev")).toMatchObject({ error: { code: "DESTRUCTIVE" } });
      expect(await project.names()).toHaveLength(3);
      expect(await project.answer(false, "dev")).toMatchObject({ code: 4 });
      expect(await rowsOf("User", "Post", "tags", "_PostToTag")).toEqual(counts);
      const renamed = await project.json(0, "dev", "--name", "mail", "--allow-destructive");
      expect(renamed["warnings"]).toEqual([expect.stringContaining("email")]);
      expect(await rowsOf("User", "Post", "tags", "_PostToTag")).toEqual(counts);

      // The database is what the schema says, and Prisma thinks so too.
      const compared = await project.json(0, "diff", "--from-schema", "--to-database", "--exit-code");
      expect(compared).toMatchObject({ isEmpty: true, script: "" });
      expect(await target.diagnose(project)).toEqual(upToDate);

      // Reading it back changes nothing in the schema that was there.
      const before = await project.readSchema();
      expect((await project.run("pull")).code).toBe(0);
      expect(await project.readSchema()).toContain("/// Who writes");
      expect(await project.readSchema()).toMatch(/place +Unsupported\("F32_BLOB\(3\)"\)\?/u);
      expect(await project.json(0, "dev")).toMatchObject({ state: "in-sync" });
      const anew = await project.run("pull", "--force", "--print");
      expect(anew).toMatchObject({ code: 0, stdout: expect.stringContaining('Unsupported("F32_BLOB(3)")?') });
      expect(anew.stdout.match(/^model \w+/gmu)?.toSorted()).toEqual(["model Post", "model User", "model tags"]);
      await project.schema(before.slice(before.indexOf("///")));

      // And all of it once more.
      const names = await project.names();
      expect(await project.json(4, "reset")).toMatchObject({ error: { code: "DESTRUCTIVE" } });
      expect(await rowsOf("User")).toEqual({ User: 2 });
      expect(await project.json(0, "reset", "--force")).toMatchObject({ applied: names });
      expect(await rowsOf("User", "Post", "tags")).toEqual({ User: 0, Post: 0, tags: 0 });
      expect(await project.json(0, "dev")).toMatchObject({ state: "in-sync" });
      expect(await project.json(0, "deploy")).toMatchObject({ state: "up-to-date", applied: [] });
    }, 60_000);
  });
}
