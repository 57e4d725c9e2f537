import { setTimeout as sleep } from "node:timers/promises";
import { MigrateError } from "../errors.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { redactUrl } from "../redact.ts";
import { describeCause } from "../tenant-errors.ts";

/** The settings of a namespace. Those that are not named here are kept as they are read. */
export interface NamespaceConfig {
  readonly block_reads: boolean;
  readonly block_writes: boolean;
  readonly block_reason: string | null;
}

/** How often a request is tried that the server refused for a reason that passes. */
const tries = 4;
const delayMs = 50;
/** A fork copies the whole database. */
const timeoutMs = 600_000;

/**
 * The admin API of a libSQL server, as far as namespaces go. A server that asks for a key gets the one in the environment's
 * `LIBSQL_ADMIN_AUTH_KEY`, which is what the server itself reads.
 *
 * @see https://github.com/tursodatabase/libsql/blob/main/docs/ADMIN_API.md
 */
export class SqldAdmin {
  readonly #url: string;
  readonly #key: string | undefined;

  constructor(adminUrl: string) {
    this.#url = adminUrl.replace(/\/+$/u, "");
    this.#key = process.env["LIBSQL_ADMIN_AUTH_KEY"];
  }

  /** `undefined` if there is no such namespace. */
  async configOf(namespace: string): Promise<NamespaceConfig | undefined> {
    const answer = await this.#send("GET", `${pathOf(namespace)}/config`);
    if (answer.status === 404) return undefined;
    const config = parseConfig(answer.text);
    if (answer.isOk && config !== undefined) return config;
    throw this.#failure(`The settings of namespace ${namespace} cannot be read`, answer);
  }

  /** Replaces all settings: those that are left out fall back to their defaults, so give what {@link configOf} has read. */
  async configure(namespace: string, config: NamespaceConfig): Promise<void> {
    const answer = await this.#send("POST", `${pathOf(namespace)}/config`, config);
    if (!answer.isOk) throw this.#failure(`The settings of namespace ${namespace} cannot be changed`, answer);
  }

  /** False if there is a namespace of that name already. */
  async create(namespace: string): Promise<boolean> {
    const answer = await this.#send("POST", `${pathOf(namespace)}/create`, {});
    if (answer.isOk || isThere(answer)) return answer.isOk;
    throw this.#failure(`Namespace ${namespace} cannot be made`, answer);
  }

  /** Makes `to` a copy of `from`, whole or not at all, with its settings. False if there is a namespace `to` already. */
  async fork(from: string, to: string): Promise<boolean> {
    const answer = await this.#send("POST", `${pathOf(from)}/fork/${checkNamespace(to)}`, {});
    if (answer.isOk || isThere(answer)) return answer.isOk;
    throw this.#failure(`Namespace ${from} cannot be copied to ${to}`, answer);
  }

  /** False if there was none. */
  async remove(namespace: string): Promise<boolean> {
    const answer = await this.#send("DELETE", pathOf(namespace));
    if (answer.isOk || answer.status === 404) return answer.isOk;
    throw this.#failure(`Namespace ${namespace} cannot be deleted`, answer);
  }

  async #send(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<Answer> {
    for (let left = tries - 1; ; left -= 1) {
      const answer = await this.#sendOnce(method, path, body);
      const isTransient = answer.status === 429 || answer.status === 503 || answer.text.includes("Checkpoint failed");
      if (!isTransient || left === 0) return answer;
      await sleep(delayMs * (tries - left));
    }
  }

  async #sendOnce(method: string, path: string, body: object | undefined): Promise<Answer> {
    try {
      const response = await fetch(`${this.#url}/v1/namespaces/${path}`, {
        method,
        headers: {
          "content-type": "application/json",
          // Not what RFC 7617 asks for: the server compares the key as it is.
          ...(this.#key !== undefined && { authorization: `Basic ${this.#key}` }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      // A path that the admin API does not know answers 200, with a status of gRPC.
      return { status: response.status, text, isOk: response.ok && !response.headers.has("grpc-status") };
    } catch (cause) {
      throw new MigrateError(
        `The server's admin API at ${redactUrl(this.#url)} cannot be reached: ${describeCause(cause)}.`,
        "TENANT_FAILED",
        { cause },
      );
    }
  }

  #failure(what: string, { status, text }: Answer): MigrateError {
    const hint = status === 401 ? " Set LIBSQL_ADMIN_AUTH_KEY to the server's key." : "";
    return new MigrateError(`${what}: the admin API answers ${status} ${text.slice(0, 200)}.${hint}`, "TENANT_FAILED");
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly isOk: boolean;
}

function isThere({ status, text }: Answer): boolean {
  return status === 400 && text.includes("already exists");
}

/** The admin API and the namespace of a tenant. @throws {MigrateError} `TARGET_INVALID` if it does not say both. */
export function adminOf(
  tenant: ResolvedTenant,
  purpose: string,
): { readonly admin: SqldAdmin; readonly namespace: string } {
  const { name, adminUrl, namespace } = tenant;
  if (adminUrl === undefined || namespace === undefined) {
    const lacking = adminUrl === undefined ? "adminUrl (the server's admin API)" : "namespace";
    throw new MigrateError(`Tenant ${name}: ${purpose} needs its ${lacking}.`, "TARGET_INVALID", { tenant: name });
  }
  return { admin: new SqldAdmin(adminUrl), namespace: checkNamespace(namespace) };
}

function pathOf(namespace: string): string {
  return checkNamespace(namespace);
}

/** The server makes a folder of the name without looking at it, also of `../x`. */
function checkNamespace(namespace: string): string {
  if (/^[\w-]+(?:\.[\w-]+)*$/u.test(namespace)) return namespace;
  throw new MigrateError(
    `${JSON.stringify(namespace)} is not a namespace: use letters, digits, "_", "-" and single dots between them.`,
    "TARGET_INVALID",
  );
}

function parseConfig(text: string): NamespaceConfig | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isConfig(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isConfig(value: unknown): value is NamespaceConfig {
  return typeof value === "object" && value !== null && "block_writes" in value && "block_reads" in value;
}
