import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, LitefleetError } from "@litefleet/driver";
import type { BatchStatement, Client, Config, InStatement } from "@litefleet/driver";
import { parseStatement, splitStatements } from "@litefleet/driver/sql";
import { startTursoSyncServer } from "@litefleet/testing";
import type { Fixture } from "./engine-table.ts";

/** Offline clients, each with a file and a primary of its own. What changes the schema goes to the primary, and is pulled. */
export async function startOffline(): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-conformance-"));
  const server = await startTursoSyncServer();
  const clients: Client[] = [];
  const close = (): void => {
    for (const client of clients.splice(0)) client.close();
  };
  let count = 0;
  return {
    open(options: Partial<Config> = {}) {
      count += 1;
      const url = `file:${join(folder, `${count}.db`)}`;
      const own = { engine: "turso", url, syncUrl: server.url, offline: true, allowRowidKeys: true } as const;
      const client = createClient({ ...own, ...options });
      clients.push(client);
      return migrating(client, server.url);
    },
    async reset() {
      close();
      await empty(server.url);
    },
    async stop() {
      close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The client, save that statements of the schema outside of transactions run at its primary. */
function migrating(client: Client, url: string): Client {
  const migrate = async (sql: string): Promise<void> => {
    await atPrimary(url, sql);
    await client.pull();
  };
  const local = async (statements: readonly BatchStatement[]): Promise<BatchStatement[]> => {
    const rest: BatchStatement[] = [];
    for (const statement of statements) {
      if (isSchema(textOf(statement))) await migrate(textOf(statement));
      else rest.push(statement);
    }
    return rest;
  };
  const own: Partial<Client> = {
    async execute(statement: InStatement, ...rest: never[]) {
      const isAborted = (rest as { readonly signal?: AbortSignal }[]).some(
        (option) => option?.signal?.aborted === true,
      );
      if (isAborted || !isSchema(textOf(statement))) return client.execute(statement as string, ...rest);
      await migrate(textOf(statement));
      return client.execute("SELECT 1 WHERE 0");
    },
    batch: async (statements, ...rest) => client.batch(await local(statements), ...rest),
    async executeMultiple(sql, options) {
      let script = "";
      for (const { sql: one } of splitStatements(sql)) {
        if (isSchema(one)) await migrate(one);
        else script += `${one};`;
      }
      await client.executeMultiple(script, options);
    },
  };
  return new Proxy(client, {
    get(target, key) {
      const value: unknown = Reflect.get(own, key) ?? Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function textOf(statement: BatchStatement): string {
  if (typeof statement === "string") return statement;
  return Array.isArray(statement) ? statement[0] : (statement as { readonly sql: string }).sql;
}

function isSchema(sql: string): boolean {
  try {
    return parseStatement(sql).kind === "schema";
  } catch {
    // For the client to refuse.
    return false;
  }
}

async function atPrimary(url: string, sql: string): Promise<unknown[][]> {
  const requests = [{ type: "execute", stmt: { sql, args: [], want_rows: true } }];
  const response = await fetch(`${url}/v2/pipeline`, {
    method: "POST",
    body: JSON.stringify({ baton: null, requests }),
  });
  const { results } = (await response.json()) as { readonly results: readonly PipelineResult[] };
  const [result] = results;
  const reason = result?.error?.message ?? "";
  if (result?.response === undefined) {
    throw new LitefleetError(reason, /no such module/u.test(reason) ? "UNSUPPORTED" : "SQLITE_ERROR");
  }
  return result.response.result.rows.map((row) => row.map(({ value }) => value));
}

interface PipelineResult {
  readonly error?: { readonly message: string };
  readonly response?: { readonly result: { readonly rows: readonly (readonly { readonly value?: unknown }[])[] } };
}

async function empty(url: string): Promise<void> {
  await atPrimary(url, "PRAGMA foreign_keys = OFF");
  const made = "type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%turso_%'";
  for (const [type, name] of await atPrimary(url, `SELECT type, name FROM sqlite_schema WHERE ${made}`)) {
    await atPrimary(url, `DROP ${String(type)} IF EXISTS "${String(name)}"`);
  }
}
