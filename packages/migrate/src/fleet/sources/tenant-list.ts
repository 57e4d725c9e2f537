import { readFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { MigrateError } from "../../errors.ts";
import type { Tenant } from "../tenant.ts";
import type { TenantOrTarget } from "../tenant-source.ts";
import { tenantOfFields } from "./tenant-fields.ts";

/** Tenants from a file. */
export interface TenantList {
  /**
   * A path, or `-` for standard input. A line holds a target (a path, glob or URL) or a JSON object: `{ "name": "acme", "url":
   * "libsql://…", "token": "…", "tags": { "plan": "pro" } }`, with `namespace`, `adminUrl`, `engine` and `encryptionKey` where they are
   * needed. Empty lines and those that begin with `#` are passed over. One JSON array of such objects and targets will do too.
   */
  readonly list: string;
}

/** @throws {MigrateError} `TARGET_INVALID` naming file and line. */
export async function readTenantList({ list }: TenantList, cwd: string): Promise<TenantOrTarget[]> {
  const content = (await read(list, cwd)).replace(/^\uFEFF/u, "");
  const name = list === "-" ? "standard input" : list;
  if (content.trimStart().startsWith("[")) return readArray(content, name);
  return content.split(/\r?\n/u).flatMap((line, i): TenantOrTarget[] => {
    const entry = line.trim();
    if (entry === "" || entry.startsWith("#")) return [];
    return [entry.startsWith("{") ? readObject(entry, `${name}, line ${i + 1}`) : entry];
  });
}

async function read(list: string, cwd: string): Promise<string> {
  if (list === "-") return text(process.stdin);
  try {
    return await readFile(path.resolve(cwd, list), "utf8");
  } catch (cause) {
    throw new MigrateError(
      `The list of tenants ${list} cannot be read. Give a path, or - for standard input.`,
      "TARGET_INVALID",
      { cause },
    );
  }
}

function readArray(content: string, name: string): TenantOrTarget[] {
  const entries = parse(content, name);
  if (!Array.isArray(entries)) throw new MigrateError(`${name} is no JSON array.`, "TARGET_INVALID");
  return entries.map((entry: unknown, i) => {
    return typeof entry === "string" ? entry : tenantOfFields(entry, `${name}, entry ${i}`);
  });
}

function readObject(line: string, where: string): Tenant {
  return tenantOfFields(parse(line, where), where);
}

function parse(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    // The parser's own message quotes the text, which may hold a token.
    throw new MigrateError(`${where} is not JSON.`, "TARGET_INVALID", {
      cause: cause instanceof Error ? cause.name : cause,
    });
  }
}
