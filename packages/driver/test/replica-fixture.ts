import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createClient } from "../src/index.ts";
import type { Client, Config } from "../src/index.ts";

/** A folder that goes when the test ends. */
export async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-replica-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return folder;
}

/** A client that is closed when the test ends. */
export function open(config: Config): Client {
  const client = createClient(config);
  onTestFinished(() => client.close());
  return client;
}

/** The one value that a query gives. */
export async function valueOf(client: Client, sql: string): Promise<unknown> {
  return (await client.execute(sql)).rows[0]?.[0];
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<{ code: unknown; isRetryable: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as { code: unknown; isRetryable: unknown };
  }
  throw new Error("Expected a rejection");
}

/** Tries again until `work` gives a value that is not undefined. */
export async function eventually<T>(work: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const endsAt = performance.now() + 20_000;
  for (;;) {
    const value = await work();
    if (value !== undefined) return value;
    if (performance.now() > endsAt) throw new Error("It did not come about");
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}
