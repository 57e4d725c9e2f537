import { TestingError } from "./testing-error.ts";

/** The admin API of a libSQL server, as far as namespaces go. */
export class SqldAdmin {
  readonly #adminUrl: string;

  constructor(adminUrl: string) {
    this.#adminUrl = adminUrl;
  }

  createNamespace(name: string): Promise<void> {
    return this.#send("POST", name, "/create", `Namespace ${name} was not created`);
  }

  forkNamespace(from: string, to: string): Promise<void> {
    checkNamespace(to);
    return this.#send("POST", from, `/fork/${to}`, `Namespace ${from} was not forked to ${to}`);
  }

  deleteNamespace(name: string): Promise<void> {
    return this.#send("DELETE", name, "", `Namespace ${name} was not deleted`);
  }

  async #send(method: "POST" | "DELETE", namespace: string, action: string, failure: string): Promise<void> {
    checkNamespace(namespace);
    const response = await fetch(`${this.#adminUrl}/v1/namespaces/${namespace}${action}`, {
      method,
      headers: { "content-type": "application/json" },
      body: method === "POST" ? "{}" : undefined,
    }).catch((cause: unknown) => {
      throw new TestingError(`${failure}: the admin API cannot be reached`, "ADMIN_FAILED", cause);
    });
    const body = await response.text();
    // A path that the admin API does not know answers 200, with a gRPC status.
    if (response.ok && !response.headers.has("grpc-status")) return;
    throw new TestingError(`${failure}: ${response.status} ${body}`, "ADMIN_FAILED");
  }
}

/**
 * Refuses names that would lead elsewhere: sqld makes a folder of the name without looking at it, also of `../x`.
 *
 * @throws {RangeError} when the name is not made of ASCII letters, digits, `_`, `-` and single dots.
 */
export function checkNamespace(name: string): void {
  if (/^[\w-]+(?:\.[\w-]+)*$/u.test(name)) return;
  throw new RangeError(
    `${JSON.stringify(name)} is not a namespace: use ASCII letters, digits, "_", "-" and single dots between them`,
  );
}
