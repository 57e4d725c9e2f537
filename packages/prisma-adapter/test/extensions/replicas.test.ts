import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { readReplicas } from "@prisma/extension-read-replicas";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PrismaLitefleet, withConcurrentTransactions, withLitefleet, withVectors } from "@litefleet/prisma-adapter";
import type { LitefleetCalls } from "@litefleet/prisma-adapter";
import { makeTables } from "../support/databases.ts";
import { extend, newExtended } from "../support/extend.ts";
import { newPrismaClient } from "../support/prisma-client.ts";
import type { TestClient } from "../support/prisma-client.ts";

interface Extended extends TestClient {
  readonly $litefleet: LitefleetCalls;
  $transaction<T>(work: (tx: Extended) => Promise<T>): Promise<T>;
  $transaction(queries: readonly Promise<unknown>[]): Promise<unknown[]>;
}

let server: SqldServer;
let primary: Client;
let folder: string;
let files = 0;

beforeAll(async () => {
  server = await startSqld();
  folder = await mkdtemp(join(tmpdir(), "litefleet-prisma-replicas-"));
  primary = createClient(server.clientConfig());
  await makeTables(primary);
});

afterAll(async () => {
  primary.close();
  await rm(folder, { recursive: true, force: true });
  await server.stop();
});

/** A replica's configuration, with a file of its own. */
function replica() {
  files += 1;
  return { url: `file:${join(folder, `${files}.db`)}`, syncUrl: server.url };
}

const names = async (prisma: TestClient) =>
  (await prisma.tag.findMany({ orderBy: { name: "asc" } })).map(({ name }) => name);

describe("withLitefleet on embedded replicas", () => {
  test("what one has written another reads once it has waited for the position", async () => {
    const [writer, reader] = [
      await newExtended<Extended>(replica(), withLitefleet()),
      await newExtended<Extended>(replica(), withLitefleet()),
    ];
    expect(writer.$litefleet.position()).toBeUndefined();
    await reader.$litefleet.sync();
    const before = await names(reader);
    await writer.tag.create({ data: { name: "written" } });
    const position = writer.$litefleet.position();
    expect(position).toBeTypeOf("string");
    expect(await names(reader)).toEqual(before);
    await reader.$litefleet.waitFor(position!);
    expect(await names(reader)).toEqual([...before, "written"]);

    const later = await writer.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: "written too" } });
      return tx.$litefleet === writer.$litefleet;
    });
    expect(later).toBe(true);
    expect(writer.$litefleet.position()).not.toBe(position);
    await reader.$litefleet.sync();
    expect(await names(reader)).toContain("written too");
    expect(reader.$litefleet.position()).toBe(writer.$litefleet.position());
    await writer.$disconnect();
    await reader.$disconnect();
  });

  test("connects by itself, gives the driver's client, and connects anew after $disconnect", async () => {
    const prisma = await newExtended<Extended>(replica(), withLitefleet());
    const { frames_synced: frames } = (await prisma.$litefleet.sync()) ?? {};
    expect(frames).toBeTypeOf("number");
    const client = await prisma.$litefleet.client();
    expect(client.status().engine).toBe("replica");
    expect(await prisma.$litefleet.client()).toBe(client);
    await prisma.$disconnect();
    expect(client.closed).toBe(true);
    expect(prisma.$litefleet.position()).toBeUndefined();
    const again = await prisma.$litefleet.client();
    expect(again).not.toBe(client);
    await prisma.$disconnect();
  });

  test("the driver's errors arrive as they are", async () => {
    const prisma = await newExtended<Extended>(replica(), withLitefleet());
    await expect(prisma.$litefleet.waitFor("nonsense")).rejects.toMatchObject({ code: "ARGS_INVALID" });
    await prisma.$disconnect();
    const plain = await newExtended<Extended>({ url: ":memory:" }, withLitefleet());
    await expect(plain.$litefleet.sync()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(plain.$litefleet.waitFor("nonsense")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(() => plain.$litefleet.position()).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    await plain.$disconnect();
  });

  test("works with a driver's client that was handed in, and beside the other extensions", async () => {
    await using client = createClient(replica());
    const prisma = await newExtended<Extended>(client, withConcurrentTransactions(), withLitefleet());
    await prisma.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: "concurrent" } });
    });
    expect(prisma.$litefleet.position()).toBe(client.position());
    expect(await prisma.$litefleet.client()).toBe(client);
    await prisma.$disconnect();
    expect(client.closed).toBe(false);
  });

  test("a client over another adapter is refused", async () => {
    const { PrismaLibSql } = await import("@prisma/adapter-libsql");
    const other = await newPrismaClient(new PrismaLibSql({ url: ":memory:" }));
    expect(() => extend(other, withLitefleet())).toThrow(TypeError);
    const unnoticed = extend<Extended>(other, withConcurrentTransactions());
    await expect(unnoticed.$transaction(async () => {})).rejects.toBeInstanceOf(TypeError);
    expect(() => withLitefleet()({})).toThrow(TypeError);
    await other.$disconnect();
  });
});

describe("@prisma/extension-read-replicas", () => {
  test("reads from our replica; writes, transactions and $primary() go to the primary", async () => {
    const copy = await newExtended<Extended>(replica(), withLitefleet());
    const routed = extend<Extended & { $primary(): TestClient; $replica(): Extended }>(
      extend<TestClient>(
        await newPrismaClient(new PrismaLitefleet(server.clientConfig())),
        withConcurrentTransactions(),
      ),
      readReplicas({ replicas: [copy] }),
    );
    await copy.$litefleet.sync();
    const before = await names(routed);
    await routed.tag.create({ data: { name: "routed" } });
    expect(await names(routed)).toEqual(before);
    expect(await names(routed.$primary())).toContain("routed");
    const inside = await routed.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: "routed in a transaction" } });
      return names(tx);
    });
    expect(inside).toEqual(expect.arrayContaining(["routed", "routed in a transaction"]));
    expect(await names(routed)).toEqual(before);
    await routed.$replica().$litefleet.sync();
    expect(await names(routed)).toEqual(inside);
    await routed.$disconnect();
    expect((await copy.$litefleet.client()).status().engine).toBe("replica");
    await copy.$disconnect();
  });

  test("searches are reads, and vectors are stored at the primary", async () => {
    interface Vectors {
      readonly article: {
        create(args: object): Promise<{ id: number }>;
        nearest(args: object): Promise<{ title: string; distance: number }[]>;
        setVector(id: number, vector: readonly number[]): Promise<void>;
        getVector(id: number): Promise<ArrayLike<number> | null>;
      };
      $disconnect(): Promise<void>;
    }
    const copy = await newExtended<Extended>(replica(), withLitefleet());
    await copy.$litefleet.sync();
    const onServer = await newPrismaClient(new PrismaLitefleet(server.clientConfig()));
    const routed = extend<Vectors>(
      extend(onServer, withVectors({ article: "embedding" })),
      readReplicas({ replicas: [copy] }),
    );
    const search = { vector: [1, 2, 3], select: { title: true } };
    const { id } = await routed.article.create({ data: { title: "routed", language: "en" } });
    // The condition is made where reads go, and the writing is done at the primary, which has the row.
    await routed.article.setVector(id, [1, 2, 3]);
    expect(await routed.article.nearest(search)).toEqual([]);
    expect(await routed.article.getVector(id)).toBeNull();
    await copy.$litefleet.sync();
    expect(await routed.article.nearest(search)).toEqual([{ title: "routed", distance: expect.closeTo(0, 6) }]);
    expect(await routed.article.getVector(id)).toEqual(Float32Array.of(1, 2, 3));
    await routed.$disconnect();
  });
});
