import { access, readdir } from "node:fs/promises";
import path from "node:path";
import type { Config } from "@litefleet/driver";
import { MigrateError } from "../../errors.ts";
import { askFunction } from "../ask-function.ts";
import { isOwnCopy } from "../own-copies.ts";
import type { Tenant } from "../tenant.ts";

/** The namespaces of a libSQL server. It has no route that lists them, so they come from a registry or from its data folder. */
export interface SqldNamespaces {
  /** `http://127.0.0.1:8080`. Each namespace is told to the server in a header. */
  readonly url: string;
  /** Its admin API, for what only that can do, such as forks. */
  readonly adminUrl?: string;
  readonly authToken?: Config["authToken"];
  /** The registry: names, or a function that gives them. */
  readonly namespaces?: readonly string[] | (() => readonly string[] | Promise<readonly string[]>);
  /**
   * The server's data folder (`--db-path`) on this machine: every namespace in it, save `default` and what we have made beside tenants, such as
   * backups and templates.
   */
  readonly dataDir?: string;
}

/** @throws {MigrateError} `TARGET_INVALID` if not exactly one of them is given, or if there is no such folder. */
export async function findNamespaces(sqld: SqldNamespaces, cwd: string): Promise<Tenant[]> {
  const { url, adminUrl, authToken } = sqld;
  const names = await findNames(sqld, cwd);
  return names.map((name) => ({ name, url, authToken, namespace: name, ...(adminUrl !== undefined && { adminUrl }) }));
}

async function findNames({ namespaces, dataDir }: SqldNamespaces, cwd: string): Promise<readonly string[]> {
  if (dataDir !== undefined && namespaces === undefined) return readDataDir(path.resolve(cwd, dataDir));
  if (namespaces === undefined || dataDir !== undefined) {
    throw new MigrateError(
      "Give sqld either namespaces or dataDir: the server cannot list them itself.",
      "TARGET_INVALID",
    );
  }
  return typeof namespaces === "function" ? askFunction("namespaces", namespaces) : namespaces;
}

async function readDataDir(folder: string): Promise<string[]> {
  const dbs = path.join(folder, "dbs");
  const entries = await readdir(dbs, { withFileTypes: true }).catch((cause: unknown) => {
    throw new MigrateError(`${folder} is no data folder of sqld: it has no folder dbs.`, "TARGET_INVALID", { cause });
  });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => name !== "default" && !isOwnCopy(name));
  const isUsed = (name: string): Promise<boolean> => access(path.join(dbs, name, "data")).then(yes, no);
  const used = await Promise.all(names.map(isUsed));
  return names.filter((_, i) => used[i]).sort();
}

const yes = (): boolean => true;
const no = (): boolean => false;
