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
