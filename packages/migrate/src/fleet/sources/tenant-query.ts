import { access } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { parseStatement } from "@litefleet/driver/sql";
import { MigrateError } from "../../errors.ts";
import { redact } from "../../redact.ts";
import { pathOfFileUrl } from "../file-url.ts";
import type { Tenant } from "../tenant.ts";
import { readTags, tenantOfFields } from "./tenant-fields.ts";

/** Tenants from a query. */
export interface TenantQuery {
  /**
   * A query whose columns are `name`, `url` and, where they are needed, `token` (or `auth_token`), `namespace`, `admin_url`, `engine` and
   * `tags` (a JSON object). Each other column is a tag of its name.
   */
  readonly query: string;
  /** The control database. It is opened for the query, which must read, and closed after it. A relative path starts from the fleet's `cwd`. */
  readonly database: Config;
}

/** Columns by the field that they fill. */
const fieldOf: Readonly<Record<string, string>> = {
  auth_token: "token",
  authToken: "token",
  admin_url: "adminUrl",
  encryption_key: "encryptionKey",
  ...Object.fromEntries(["name", "url", "token", "namespace", "adminUrl", "engine"].map((field) => [field, field])),
};

/** @throws {MigrateError} `TARGET_INVALID` if the query fails or a row is no tenant; it names the row. */
export async function queryTenants({ query, database }: TenantQuery, cwd: string): Promise<Tenant[]> {
  // A configuration in JavaScript or JSON has no types.
  if (typeof query !== "string" || typeof (database as Partial<Config> | undefined)?.url !== "string") {
    throw new MigrateError(
      "A query for tenants needs its text and the control database: { query, database: { url } }.",
      "TARGET_INVALID",
    );
  }
  const { columns, rows } = await run(query, await existing(database, cwd));
  return rows.map((row, i) => {
    const where = `Row ${i + 1} of the query for tenants`;
    const fields: Record<string, unknown> = {};
    const tags: Record<string, unknown> = {};
    for (const [k, column] of columns.entries()) {
      const field = fieldOf[column];
      const value = row[k];
      if (field !== undefined) fields[field] = value;
      else if (column === "tags") Object.assign(tags, parseTags(value, where));
      else if (value !== null) tags[column] = value;
    }
    return tenantOfFields({ ...fields, tags: readTags(tags, where) }, where);
  });
}

/** The control database with its whole path; one that is not there is not made. */
async function existing(database: Config, cwd: string): Promise<Config> {
  const file = database.syncUrl === undefined ? pathOfFileUrl(database.url, cwd) : undefined;
  if (file === undefined) return database;
  await access(file).catch((cause: unknown) => {
    throw new MigrateError(`There is no control database ${file}.`, "TARGET_INVALID", { cause });
  });
  return { ...database, url: pathToFileURL(file).href };
}

async function run(query: string, database: Config) {
  const secret = typeof database.authToken === "string" ? database.authToken : undefined;
  try {
    if (parseStatement(query).kind !== "read") throw new Error("it must be a SELECT, which changes nothing");
    const client = createClient({ ...database, intMode: "bigint" });
    try {
      return await client.execute(query);
    } finally {
      client.close();
    }
  } catch (cause) {
    const text = redact(cause instanceof Error ? cause.message : String(cause), [secret]);
    throw new MigrateError(`The query for tenants failed: ${text}`, "TARGET_INVALID", { cause });
  }
}

function parseTags(value: unknown, where: string): Record<string, string> {
  if (typeof value !== "string") return readTags(value, where);
  try {
    return readTags(JSON.parse(value), where);
  } catch (cause) {
    if (cause instanceof MigrateError) throw cause;
    throw new MigrateError(`${where} has tags that are not JSON.`, "TARGET_INVALID", { cause });
  }
}
