import { LitefleetError } from "../errors.ts";
import { RequestFailure } from "./classify.ts";

/** A token, or what fetches one. */
export type AuthToken = string | (() => string | Promise<string>);

/** The token of a client: asks a function for one when it is first needed and when the server no longer takes it. */
export class TokenSource {
  readonly #token: AuthToken | undefined;
  readonly #seen = new Set<string>();
  #current: Promise<string | undefined> | undefined;

  /** @param otherSecrets what else must not appear in a message. */
  constructor(token: AuthToken | undefined, otherSecrets: readonly string[] = []) {
    this.#token = token;
    if (typeof token === "string" && token !== "") this.#seen.add(token);
    for (const secret of otherSecrets) this.#seen.add(secret);
  }

  /** The token; concurrent callers share one call of the function. Rejects with a `RequestFailure`. */
  get(): Promise<string | undefined> {
    return this.#current ?? this.#start();
  }

  /** Gets another one in place of `rejected`; false if there is none. */
  async renew(rejected: string | undefined): Promise<boolean> {
    if (typeof this.#token !== "function") return false;
    const current = this.#current;
    // Of several calls that were refused together, one fetches.
    if ((await this.get()) === rejected && this.#current === current) void this.#start();
    return (await this.get()) !== rejected;
  }

  /** `text` without any token that this client has used. */
  redact(text: string): string {
    let clean = text;
    for (const secret of this.#seen) clean = clean.replaceAll(secret, "[redacted]");
    return clean;
  }

  #start(): Promise<string | undefined> {
    const fetching = this.#fetch();
    this.#current = fetching;
    fetching.catch(() => {
      if (this.#current === fetching) this.#current = undefined;
    });
    return fetching;
  }

  async #fetch(): Promise<string | undefined> {
    if (typeof this.#token !== "function") return this.#token === "" ? undefined : this.#token;
    try {
      const token = await this.#token();
      if (token !== "") this.#seen.add(token);
      return token === "" ? undefined : token;
    } catch (error) {
      const failure = new LitefleetError("The authToken function failed, so the server was not asked", "AUTH_FAILED", {
        cause: error,
      });
      throw new RequestFailure(failure, "none");
    }
  }
}
