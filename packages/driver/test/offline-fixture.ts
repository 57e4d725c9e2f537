import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTursoSyncServer } from "@litefleet/testing";
import type { TursoSyncServer } from "@litefleet/testing";
import { onTestFinished } from "vitest";
import { createClient } from "../src/index.ts";
import type { Client, Config } from "../src/index.ts";

/** A primary with a schema, clients on files of their own, and SQL at the primary; all goes after the test. */
export interface OfflineWorld {
  readonly server: TursoSyncServer;
  readonly folder: string;
  /** A client; the same name opens the same file again. */
  open(name: string, options?: Partial<Config>): Client;
  /** Runs statements at the primary, each on its own; gives the rows of the last. */
  atPrimary(...statements: string[]): Promise<unknown[][]>;
}

export async function offlineWorld(...schema: string[]): Promise<OfflineWorld> {
  const server = await startTursoSyncServer();
  const folder = await mkdtemp(join(tmpdir(), "litefleet-offline-"));
  const clients: Client[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const world: OfflineWorld = {
    server,
    folder,
    open(name, options = {}) {
      const url = `file:${join(folder, `${name}.db`)}`;
      const client = createClient({ engine: "turso", url, syncUrl: server.url, offline: true, ...options });
      clients.push(client);
      return client;
    },
    atPrimary: (...statements) => runAt(server.url, statements),
  };
  if (schema.length > 0) await world.atPrimary(...schema);
  return world;
}

/** Runs statements at a sync server. */
export async function runAt(url: string, statements: readonly string[]): Promise<unknown[][]> {
  const requests = statements.map((sql) => ({ type: "execute", stmt: { sql, args: [], want_rows: true } }));
  const response = await fetch(`${url}/v2/pipeline`, {
    method: "POST",
    body: JSON.stringify({ baton: null, requests }),
  });
  const { results } = (await response.json()) as { results: PipelineResult[] };
  const failed = results.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.error?.message);
  return results
    .at(-1)!
    .response!.result.rows.map((row) =>
      row.map(({ type, value }) => (type === "integer" ? Number(value) : (value ?? null))),
    );
}

interface PipelineResult {
  readonly error?: { readonly message: string };
  readonly response?: { readonly result: { readonly rows: { readonly type: string; readonly value?: unknown }[][] } };
}

/** All rows of a table in order, as arrays. */
export async function rowsOf(client: Client, sql: string): Promise<unknown[][]> {
  return client.prepare(sql).values();
}
