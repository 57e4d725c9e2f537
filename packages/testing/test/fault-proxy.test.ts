import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@libsql/client";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { startFaultProxy, startSqld } from "../src/index.ts";
import type { FaultProxy } from "../src/index.ts";

/** Sends back what it gets, and keeps it. */
class EchoServer {
  readonly #server: Server;
  readonly #chunks: Buffer[] = [];

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("data", (chunk: Buffer) => {
        this.#chunks.push(chunk);
        socket.write(chunk);
      });
      socket.on("end", () => socket.end());
      socket.on("error", () => undefined);
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}

/** A connection that remembers what came and how it ended. */
class Client {
  readonly socket: Socket;
  readonly ended: Promise<string>;
  text = "";

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), "127.0.0.1");
    this.socket.setEncoding("utf8").on("data", (chunk: string) => {
      this.text += chunk;
    });
    this.ended = new Promise((resolve) => {
      this.socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
      this.socket.once("close", () => resolve("closed"));
    });
    onTestFinished(() => void this.socket.destroy());
  }

  async receive(text: string): Promise<void> {
    while (this.text !== text) await once(this.socket, "data");
  }
}

let server: EchoServer;
let proxy: FaultProxy;

beforeEach(async () => {
  server = new EchoServer();
  proxy = await startFaultProxy({ target: await server.listen() });
});
afterEach(async () => {
  await proxy.stop();
  server.close();
});

async function talk(words: string): Promise<Client> {
  const client = new Client(proxy.url);
  client.socket.write(words);
  await client.receive(words);
  return client;
}

test("a sound network passes everything on, both ends too", async () => {
  const client = await talk("hello");
  client.socket.end();
  expect(await client.ended).toBe("closed");
  expect(proxy.counters).toMatchObject({ connections: 1, bytesUp: 5, bytesDown: 5 });
});

test("what cannot be taken at once is kept in order and complete", async () => {
  const client = new Client(proxy.url);
  client.socket.setEncoding("latin1").pause();
  const sent = Buffer.alloc(40 * 1024 * 1024, "0123456789abcdef-");
  client.socket.write(sent);
  while (proxy.counters.bytesUp < 1024 * 1024) await new Promise(setImmediate);
  client.socket.resume();
  while (client.text.length < sent.length) await once(client.socket, "data");
  expect(server.received.equals(sent)).toBe(true);
  expect(client.text === sent.toString("latin1")).toBe(true);
});

describe("delay", () => {
  test("holds every chunk up each way, in order and side by side", async () => {
    proxy.delay(50);
    const from = performance.now();
    const client = new Client(proxy.url);
    const words = Array.from({ length: 20 }, (_, index) => `${index};`);
    for (const word of words) {
      client.socket.write(word);
      await new Promise(setImmediate);
    }
    await client.receive(words.join(""));
    expect(performance.now() - from).toBeGreaterThanOrEqual(99);
  });

  test("can be taken back while something is on its way, which stays first", async () => {
    proxy.delay(100);
    const client = new Client(proxy.url);
    client.socket.write("one ");
    await once(client.socket, "connect");
    while (proxy.counters.connections === 0) await new Promise(setImmediate);
    proxy.delay(0);
    client.socket.write("two");
    await client.receive("one two");
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("of %d is refused", (ms) => {
    expect(() => proxy.delay(ms)).toThrow(RangeError);
  });
});

test("cut resets what is open and what comes, until heal", async () => {
  const client = await talk("before");
  proxy.cut();
  expect(await client.ended).toBe("ECONNRESET");
  const refused = new Client(proxy.url);
  expect(await refused.ended).toBe("ECONNRESET");
  proxy.heal();
  await talk("after");
});

test("a blackhole swallows everything and closes nothing; healing resets what lost something", async () => {
  const losing = await talk("before");
  const quiet = await talk("quiet");
  proxy.blackhole();
  const fresh = new Client(proxy.url);
  await once(fresh.socket, "connect");
  fresh.socket.write("into");
  losing.socket.write("nothing");
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  expect(server.received.toString()).toBe("beforequiet");
  expect([losing, quiet, fresh].map(({ socket }) => socket.destroyed)).toEqual([false, false, false]);
  proxy.heal();
  expect(await losing.ended).toBe("ECONNRESET");
  expect(await fresh.ended).toBe("ECONNRESET");
  quiet.socket.write(" goes on");
  await quiet.receive("quiet goes on");
});

test("a stall holds everything, and healing lets it go on where it was", async () => {
  const client = await talk("before");
  proxy.stall();
  client.socket.write(" held");
  client.socket.end();
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  expect(server.received.toString()).toBe("before");
  proxy.heal();
  await client.receive("before held");
  expect(await client.ended).toBe("closed");
});

describe("cutAfter", () => {
  test.each([0, 1, 4, 5])("%d bytes of a request reach the server, then the connection is reset", async (bytes) => {
    proxy.cutAfter({ direction: "request", bytes });
    const client = new Client(proxy.url);
    client.socket.write("hello");
    expect(await client.ended).toBe("ECONNRESET");
    await talk("!");
    expect(server.received.toString()).toBe(`${"hello".slice(0, bytes)}!`);
    expect(proxy.counters.bytesUp).toBe(bytes + 1);
  });

  test.each([0, 1, 4, 5])("%d bytes of a response reach the client, then the connection ends", async (bytes) => {
    proxy.cutAfter({ direction: "response", bytes });
    const client = new Client(proxy.url);
    client.socket.write("hello");
    await client.ended;
    expect(client.text).toBe("hello".slice(0, bytes));
    expect(server.received.toString()).toBe("hello");
    await talk("once only");
  });

  test("counts over chunks and connections, and can leave everything cut", async () => {
    const other = await talk("unharmed so far");
    proxy.cutAfter({ direction: "request", bytes: 6, staysCut: true });
    await talk("abc");
    const client = new Client(proxy.url);
    client.socket.write("defgh");
    await client.ended;
    await other.ended;
    await vi.waitFor(() => expect(server.received.toString()).toBe("unharmed so farabcdef"));
    await new Client(proxy.url).ended;
    proxy.heal();
    await talk("again");
  });

  test("is forgotten by heal", async () => {
    proxy.cutAfter({ direction: "request", bytes: 2 });
    proxy.heal();
    await talk("hello");
  });

  test("refuses what is no point", () => {
    expect(() => proxy.cutAfter({ direction: "request", bytes: -1 })).toThrow(RangeError);
    expect(() => proxy.cutAfter({ direction: "request", bytes: 0.5 })).toThrow(RangeError);
    // @ts-expect-error There are two directions.
    expect(() => proxy.cutAfter({ direction: "sideways", bytes: 1 })).toThrow(RangeError);
  });
});

test("corrupt flips the bits of one byte, once", async () => {
  proxy.corrupt({ direction: "request", bytes: 7 });
  const client = await talk("hello");
  client.socket.write("world");
  while (server.received.length < 10) await once(client.socket, "data");
  const expected = Buffer.from("helloworld");
  expected[7] = (expected[7] ?? 0) ^ 0xff;
  expect(server.received.equals(expected)).toBe(true);
  await talk("sound");
});

test("a server that is down looks like one", async () => {
  await using down = await startFaultProxy({ target: "http://127.0.0.1:1" });
  expect(await new Client(down.url).ended).toBe("ECONNRESET");
});

test("stop resets everything and can be called twice; commands then fail", async () => {
  const client = await talk("before");
  await Promise.all([proxy.stop(), proxy.stop()]);
  expect(await client.ended).not.toBe("");
  expect(await new Client(proxy.url).ended).toBe("ECONNREFUSED");
  expect(() => proxy.cut()).toThrow(expect.objectContaining({ code: "STOPPED" }));
  expect(() => proxy.heal()).toThrow(expect.objectContaining({ code: "STOPPED" }));
});

test.each([
  ["http://127.0.0.1:8080", /^http:\/\/127\.0\.0\.1:\d+$/u],
  ["ws://localhost:8080", /^ws:\/\/127\.0\.0\.1:\d+$/u],
  ["libsql://127.0.0.1:8080?tls=0", /^libsql:\/\/127\.0\.0\.1:\d+\?tls=0$/u],
  ["http://[::1]:8080/path", /^http:\/\/127\.0\.0\.1:\d+\/path$/u],
])("the target %s keeps its scheme and path", async (target, expected) => {
  await using other = await startFaultProxy({ target });
  expect(other.url).toMatch(expected);
});

test.each(["", "127.0.0.1:8080", "nonsense", "file:///tmp/x"])("%j is no target", async (target) => {
  await expect(startFaultProxy({ target })).rejects.toThrow(TypeError);
});

describe("before a libSQL server", () => {
  test("a lost answer leaves the row, a lost request does not", async () => {
    await using sqld = await startSqld();
    await using faulty = await startFaultProxy({ target: sqld.url });
    const direct = createClient({ url: sqld.url });
    const client = createClient({ url: faulty.url });
    onTestFinished(() => {
      direct.close();
      client.close();
    });
    await direct.execute("CREATE TABLE t (x)");
    const count = async (): Promise<unknown> => (await direct.execute("SELECT count(*) AS n FROM t")).rows[0]?.["n"];
    faulty.cutAfter({ direction: "request", bytes: 10 });
    await expect(client.execute("INSERT INTO t VALUES (1)")).rejects.toThrow("fetch failed");
    expect(await count()).toBe(0);
    faulty.cutAfter({ direction: "response", bytes: 0 });
    await expect(client.execute("INSERT INTO t VALUES (1)")).rejects.toThrow("fetch failed");
    expect(await count()).toBe(1);
  });

  test("a native sync, which blocks the thread that asked for it, gets through", async () => {
    await using sqld = await startSqld();
    await using faulty = await startFaultProxy({ target: sqld.url });
    faulty.delay(5);
    const folder = await mkdtemp(path.join(tmpdir(), "litefleet-testing-test-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const replica = createClient({ url: `file:${path.join(folder, "replica.db")}`, syncUrl: faulty.url });
    onTestFinished(() => replica.close());
    await replica.execute("CREATE TABLE t (x)");
    await replica.sync();
    expect((await replica.execute("SELECT count(*) AS n FROM t")).rows[0]?.["n"]).toBe(0);
  });
});
