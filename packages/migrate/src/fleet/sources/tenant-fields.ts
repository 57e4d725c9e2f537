import { MigrateError } from "../../errors.ts";
import type { Tenant } from "../tenant.ts";

const textFields = ["name", "url", "authToken", "token", "namespace", "adminUrl", "encryptionKey", "syncUrl"] as const;
const engines = ["libsql", "sqlite", "turso"] as const;

/**
 * A tenant from a JSON object.
 *
 * @throws {MigrateError} `TARGET_INVALID` saying `where` and which field. It never quotes a value, which may be a token.
 */
export function tenantOfFields(value: unknown, where: string): Tenant {
  if (!isRecord(value)) throw invalid(where, "is no object with name and url");
  const texts = Object.fromEntries(textFields.flatMap((field) => textField(value, field, where)));
  const { tags, engine, ...rest } = value;
  const unknown = Object.keys(rest).find((field) => !textFields.some((known) => known === field));
  if (unknown !== undefined) {
    throw invalid(
      where,
      `has a field ${JSON.stringify(unknown)}; known are ${[...textFields, "engine", "tags"].join(", ")}`,
    );
  }
  const { name, url, ...config } = texts;
  if (name === undefined || url === undefined) throw invalid(where, `has no ${name === undefined ? "name" : "url"}`);
  const known = engines.find((choice) => choice === engine);
  if (engine !== undefined && known === undefined)
    throw invalid(where, `has an engine that is none of ${engines.join(", ")}`);
  return { ...config, name, url, ...(known && { engine: known }), tags: readTags(tags, where) };
}

/** Tags as an object of texts; numbers and booleans are taken as their texts. */
export function readTags(value: unknown, where: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw invalid(where, "has tags that are no object of texts");
  return Object.fromEntries(
    Object.entries(value).map(([key, tag]) => {
      if (!["string", "number", "boolean", "bigint"].includes(typeof tag))
        throw invalid(where, `has a tag ${key} that is no text`);
      return [key, String(tag)];
    }),
  );
}

function textField(value: Record<string, unknown>, field: string, where: string): [string, string][] {
  const text = value[field];
  if (text === undefined || text === null) return [];
  if (typeof text !== "string" || text === "") throw invalid(where, `has a ${field} that is no text`);
  return [[field, text]];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(where: string, fault: string): MigrateError {
  return new MigrateError(`${where} ${fault}.`, "TARGET_INVALID");
}
