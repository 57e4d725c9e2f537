import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";

const require = createRequire(import.meta.url);

/** Compiles `source` beside the generated client; gives what the compiler says of it, nothing if it is content. */
async function compile(source: string): Promise<string[]> {
  const client = dirname(fileURLToPath(inject("prismaClientUrl")));
  const directory = await mkdtemp(join(dirname(client), "types-"));
  try {
    const base = fileURLToPath(new URL("../../../tsconfig.base.json", import.meta.url));
    const compilerOptions = { noEmit: true, composite: false, declaration: false, declarationMap: false };
    await writeFile(
      join(directory, "tsconfig.json"),
      JSON.stringify({ extends: base, compilerOptions, files: ["main.ts"] }),
    );
    await writeFile(join(directory, "main.ts"), `import { PrismaClient } from "../client/client.ts";\n${source}`);
    const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
    await promisify(execFile)(process.execPath, [tsc, "-p", directory]);
    return [];
  } catch (error) {
    if (typeof error === "object" && error !== null && "stdout" in error) {
      return String(error.stdout)
        .split("\n")
        .filter((line) => line.includes("main.ts"));
    }
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test("an application compiles with the client that Prisma generates", { timeout: 60_000 }, async () => {
  const said = await compile(`
    import { PrismaLitefleet } from "@litefleet/prisma-adapter";
    const prisma = new PrismaClient({ adapter: new PrismaLitefleet({ url: "file:app.db" }, { timestampFormat: "unixepoch-ms" }) });
    const authors = await prisma.author.findMany({ include: { books: true } });
    export const titles: string[] = authors.flatMap((author) => author.books.map((book) => book.title));
    export const count: number = await prisma.$transaction((tx) => tx.book.count(), { isolationLevel: "Serializable" });
  `);
  expect(said).toEqual([]);
});

test("and does not with what is no adapter", { timeout: 60_000 }, async () => {
  expect(await compile(`export const prisma = new PrismaClient({ adapter: { url: "file:app.db" } });`)).toEqual([
    expect.stringContaining("TS2353"),
  ]);
});

test("the extensions are typed by the models", { timeout: 60_000 }, async () => {
  const said = await compile(`
    import { PrismaLitefleet, withConcurrentTransactions, withLitefleet, withVectors } from "@litefleet/prisma-adapter";
    const base = new PrismaClient({ adapter: new PrismaLitefleet({ url: "file:app.db" }) });
    const prisma = base
      .$extends(withVectors({ article: ["embedding", "exact"], tile: "look", term: "meaning" }))
      .$extends(withConcurrentTransactions({ maxRetries: 3 }))
      .$extends(withLitefleet())
      .$extends({ model: { article: { hello() { return 1 as const; } } } });

    export const position: string | undefined = prisma.$litefleet.position();
    export const count: Promise<number> = prisma.$transaction(async (tx) => {
      const hello: 1 = tx.article.hello();
      const [row] = await tx.article.findMany({ include: { author: true } });
      const nested: string = await tx.$transaction(async (inner) => (await inner.author.findFirstOrThrow()).email);
      // @ts-expect-error not in a transaction
      tx.$connect();
      return hello + (row?.author?.name?.length ?? 0) + nested.length;
    }, { maxRetries: 4, timeout: 3, isolationLevel: "Serializable" });
    export const list: Promise<[number, { name: string | null }[]]> = prisma.$transaction(
      [prisma.article.count(), prisma.author.findMany({ select: { name: true } })],
      { timeoutMs: 3 },
    );
    // @ts-expect-error SQLite has not this level
    prisma.$transaction(async () => 1, { isolationLevel: "RepeatableRead" });
    // @ts-expect-error no such option
    withConcurrentTransactions({ mode: "read" });
    // @ts-expect-error only articles have it
    prisma.author.hello();

    const [near] = await prisma.article.nearest({
      column: "embedding", vector: [1, 2, 3], k: 3, where: { language: { in: ["en"] }, author: { is: { name: "Ada" } } },
    });
    export const all: [number, string, Date] = [near!.distance, near!.title, near!.at];
    const [some] = await prisma.article.nearest({ column: "exact", vector: new Float32Array(2), select: { title: true, author: { select: { name: true } } } });
    export const selected: { title: string; author: { name: string | null } | null; distance: number } = some!;
    // @ts-expect-error was not selected
    export const language = some!.language;
    const [whole] = await prisma.article.nearest({ column: "embedding", vector: [], include: { author: true } });
    export const email: string | undefined = whole!.author?.email;
    // @ts-expect-error what is searched for
    await prisma.article.nearest({ column: "embedding", k: 3 });
    // @ts-expect-error several fields: which?
    await prisma.article.nearest({ vector: [1, 2, 3] });
    // @ts-expect-error no such field of vectors
    await prisma.article.nearest({ column: "title", vector: [1, 2, 3] });
    // @ts-expect-error no such field in where
    await prisma.article.nearest({ column: "embedding", vector: [1, 2, 3], where: { titel: "x" } });
    // @ts-expect-error no such field in select
    await prisma.article.nearest({ column: "embedding", vector: [1, 2, 3], select: { titel: true } });
    // @ts-expect-error no such metric
    await prisma.article.nearest({ column: "embedding", vector: [1, 2, 3], metric: "dot" });
    // @ts-expect-error no vectors
    prisma.author.nearest;

    await prisma.article.setVector(1, [1, 2, 3], { column: "embedding" });
    await prisma.article.setVector({ id: 1 }, new Float32Array(3), { column: "embedding" });
    await prisma.tile.setVector({ x_y: { x: 1, y: 2 } }, [1, 2]);
    await prisma.tile.setVector({ place: { code: "a", x: 1 } }, null);
    await prisma.term.setVector({ slug: "a" }, [1, 2]);
    const read: Float32Array | Float64Array | Int8Array | null = await prisma.tile.getVector({ code: "a" });
    export const length = read?.length;
    await prisma.$transaction((tx) => tx.tile.setVector({ code: "a" }, [1, 2]));
    // @ts-expect-error the id is a number
    await prisma.article.setVector("1", [1, 2, 3], { column: "embedding" });
    // @ts-expect-error which field?
    await prisma.article.setVector(1, [1, 2, 3]);
    // @ts-expect-error names several rows
    await prisma.tile.setVector({ y: 1 }, [1, 2]);
    // @ts-expect-error no vector
    await prisma.tile.setVector({ code: "a" }, "[1,2]");

    const any = base.$extends(withVectors());
    const [tile] = await any.tile.nearest({ vector: [1, 2], select: { code: true } });
    export const code: string = tile!.code;
    await any.article.setVector(1, [1, 2, 3], { column: "embedding" });
    // @ts-expect-error no adapter's option
    withVectors({ article: 1 });
  `);
  expect(said).toEqual([]);
});

test("the clients of a fleet are typed as the one that Prisma generates", { timeout: 60_000 }, async () => {
  const said = await compile(`
    import { createFleet } from "@litefleet/driver";
    import { fleetPrisma, withVectors } from "@litefleet/prisma-adapter";
    import type { PrismaFleet } from "@litefleet/prisma-adapter";
    const fleet = createFleet({ tenants: [{ name: "acme", url: "file:acme.db", plan: "paid" }] });
    const tenants = fleetPrisma(fleet, PrismaClient, { log: ["error"], transactionMode: "concurrent", maxOpen: 3, idleMs: 5 });
    const prisma = await tenants.for("acme", { timeoutMs: 5 });
    export const same: PrismaClient = prisma;
    export const fleets: PrismaFleet<PrismaClient> = fleetPrisma(fleet, PrismaClient);
    const [author] = await prisma.author.findMany({ include: { books: true } });
    export const titles: string[] = author!.books.map((book) => book.title);
    export const plans: string[] = await tenants.map((_, tenant) => tenant.plan);
    export const count: number = await tenants.run("acme", (own) => own.$transaction((tx) => tx.author.count()));
    const extended = fleetPrisma(
      fleet,
      ({ adapter }) => new PrismaClient({ adapter, log: ["warn"] }).$extends(withVectors({ article: "embedding" })),
      { maxOpen: 3, timestampFormat: "unixepoch-ms" },
    );
    const [near] = await (await extended.for("acme")).article.nearest({ vector: [1, 2, 3], select: { title: true } });
    export const found: { title: string; distance: number } = near!;
    // @ts-expect-error no such tenant's property
    await tenants.run("acme", (_, tenant) => tenant.price);
    // @ts-expect-error the adapter is the fleet's
    fleetPrisma(fleet, PrismaClient, { adapter: {} });
    // @ts-expect-error no such option
    fleetPrisma(fleet, PrismaClient, { maxOpened: 3 });
    // @ts-expect-error no such mode
    fleetPrisma(fleet, PrismaClient, { transactionMode: "exclusive" });
    // @ts-expect-error those are given to the constructor
    fleetPrisma(fleet, ({ adapter }) => new PrismaClient({ adapter }), { log: ["warn"] });
    // @ts-expect-error no class of Prisma's
    fleetPrisma(fleet, Date);
    // @ts-expect-error no fleet
    fleetPrisma({}, PrismaClient);
    // @ts-expect-error no such model
    prisma.nobody;
  `);
  expect(said).toEqual([]);
});
