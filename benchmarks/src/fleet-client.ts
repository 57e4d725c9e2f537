import { copyFileSync, existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createClient, createFleet } from "@litefleet/driver";
import type { Report } from "./report.ts";
import { usedMemory } from "./used-memory.ts";

const tenantCount = 10_000;
const maxOpen = 100;
const inFlight = 64;
const requests = 40_000;

/** Ten thousand files of which a hundred may be open, asked by 64 requests at once; some tenants more than others. */
export async function benchFleetClient(report: Report, folder: string): Promise<void> {
  await makeTenants(folder);
  for (const engine of ["libsql", "sqlite"] as const) {
    const { warm, errors, openFiles, growth, stillOpen } = await access(folder, engine);
    const at = (share: number): number => warm[Math.floor(warm.length * share)] ?? Number.NaN;
    report.figure(`${engine}: p99 of a warm read against the median`, at(0.99) / at(0.5), "×", { atMost: 5 });
    report.figure(`${engine}: failed requests, such as uses after a close`, errors, "", { atMost: 0 });
    report.figure(`${engine}: databases open after close()`, stillOpen, "", { atMost: 0 });
    report.figure(`${engine}: memory, the last quarter against the second`, growth, "×", { atMost: 1.1 });
    if (existsSync("/proc/self/fd")) {
      report.figure(`${engine}: the most files open at once`, openFiles, "", { atMost: 1_000 });
    }
  }
}

interface Access {
  /** Milliseconds of the reads whose tenant was open, the fastest first. */
  readonly warm: readonly number[];
  readonly errors: number;
  readonly openFiles: number;
  readonly growth: number;
  readonly stillOpen: number;
}

async function access(folder: string, engine: "libsql" | "sqlite"): Promise<Access> {
  const open = new Set<string>();
  const fleet = createFleet({
    tenants: (name) => ({ url: pathToFileURL(path.join(folder, `${name}.db`)).href, engine }),
    maxOpen,
    open: (tenant) => {
      const client = createClient(tenant);
      open.add(tenant.name);
      const close = client.close.bind(client);
      client.close = () => {
        open.delete(tenant.name);
        close();
      };
      return client;
    },
  });
  const pick = zipf(tenantCount);
  const warm: number[] = [];
  const memory: number[] = [];
  let errors = 0;
  let openFiles = 0;
  let started = 0;
  const worker = async (until: number): Promise<void> => {
    while (started < until) {
      started += 1;
      const name = `t${pick()}`;
      const wasOpen = open.has(name);
      const startedAt = performance.now();
      try {
        const { rows } = await fleet.run(name, (client) =>
          client.execute("SELECT id, name FROM users WHERE id = ?", [7]),
        );
        if (rows.length !== 1) errors += 1;
      } catch {
        errors += 1;
      }
      if (wasOpen) warm.push(performance.now() - startedAt);
      if (started % 200 === 0) openFiles = Math.max(openFiles, countOpenFiles());
    }
  };
  for (let quarter = 1; quarter <= 4; quarter += 1) {
    const until = (requests / 4) * quarter;
    await Promise.all(Array.from({ length: inFlight }, () => worker(until)));
    memory.push(await usedMemory());
  }
  await fleet.close();
  const [, second = Number.NaN, , last = Number.NaN] = memory;
  return { warm: warm.toSorted((a, b) => a - b), errors, openFiles, growth: last / second, stillOpen: open.size };
}

async function makeTenants(folder: string): Promise<void> {
  const template = path.join(folder, "template.db");
  const client = createClient({ url: pathToFileURL(template).href, engine: "sqlite" });
  await client.batch(
    [
      "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
      "INSERT INTO users WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i, 'name ' || i FROM n",
    ],
    "write",
  );
  client.close();
  for (let i = 0; i < tenantCount; i += 1) copyFileSync(template, path.join(folder, `t${i}.db`));
}

/** Numbers from 0 on, the i-th as often as 1 / (i + 1); the same sequence each time. */
function zipf(count: number): () => number {
  const sums = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i += 1) {
    total += 1 / (i + 1);
    sums[i] = total;
  }
  let seed = 42;
  return () => {
    // https://en.wikipedia.org/wiki/Linear_congruential_generator
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    const wanted = (seed / 2 ** 32) * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function countOpenFiles(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}
