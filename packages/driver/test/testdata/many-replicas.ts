// Opens replicas of many namespaces of one server, uses and closes them, and ends by itself: node many-replicas.ts URL FOLDER COUNT.
// Prints what that cost, as JSON.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "../../src/index.ts";

const [url = "", folder = "", count = ""] = process.argv.slice(2);

function use(): { threads: number; memory: number; files: number } {
  return {
    threads: readdirSync("/proc/self/task").length,
    memory: process.memoryUsage().rss,
    files: readdirSync("/proc/self/fd").length,
  };
}

function open(name: string) {
  const header = Buffer.from(name).toString("base64").replace(/=+$/u, "");
  return createClient({
    url: `file:${join(folder, `${name}.db`)}`,
    syncUrl: url,
    syncInterval: 1,
    fetch: (request: Request) => {
      request.headers.set("x-namespace-bin", header);
      return fetch(request);
    },
  });
}

// The global fetch and the native library start threads of theirs with the first.
const first = open("tenant0");
await first.sync();
const before = use();
const replicas = Array.from({ length: Number(count) - 1 }, (_, i) => open(`tenant${i + 1}`));
await Promise.all(replicas.map((replica) => replica.sync()));
await Promise.all(replicas.map((replica) => replica.execute("INSERT INTO t VALUES ('more')")));
const rows = await Promise.all(
  replicas.map(async (replica) => (await replica.execute("SELECT group_concat(x, ' ') FROM t")).rows[0]?.[0]),
);
const during = use();
for (const replica of [first, ...replicas]) replica.close();
// The native library lets go of files a little later than it says.
const endsAt = performance.now() + 10_000;
while (use().files > before.files && performance.now() < endsAt) await new Promise((resolve) => setTimeout(resolve, 50));
process.stdout.write(JSON.stringify({ rows, before, during, after: use() }));
