import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { MigrateError } from "../../errors.ts";
import { redact } from "../../redact.ts";
import type { Tenant } from "../tenant.ts";
import { readTags, tenantOfFields } from "./tenant-fields.ts";

/** Tenants from a query. */
export interface TenantQuery {
  /**
   * A query whose columns are `name`, `url` and, where they are needed, `token` (or `auth_token`), `namespace`, `admin_url`, `engine` and
   * `tags` (a JSON object). Each other column is a tag of its name.
   */
  readonly query: string;
  /** The control database. It is opened for the query and closed after it. */
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
export async function queryTenants({ query, database }: TenantQuery): Promise<Tenant[]> {
  const { columns, rows } = await run(query, database);
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

async function run(query: string, database: Config) {
  const secret = typeof database.authToken === "string" ? database.authToken : undefined;
  try {
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
