import { generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** What a token of a test server says. */
export interface TokenClaims {
  /** Seconds from now until it expires; negative for one that has (sqld grants a minute more). Default 3,600. */
  readonly expiresInSeconds?: number;
  /** Read only, or read and write. Default `"rw"`. */
  readonly access?: "ro" | "rw";
  /** The only namespace that it is good for. Default: all. */
  readonly namespace?: string;
  /** Further claims, as they are: `exp`, `id`, `a` and `p` are those that sqld reads. They replace what the options say. */
  readonly [claim: string]: unknown;
}

/** The Ed25519 key pair of a server with authentication. */
export class JwtKeys {
  readonly #privateKey: KeyObject;
  /** The public key as PEM, the form that `--auth-jwt-key-file` takes. */
  readonly publicKey: string;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    this.#privateKey = privateKey;
    this.publicKey = publicKey.export({ format: "pem", type: "spki" }).toString();
  }

  sign(claims: TokenClaims = {}): string {
    const { expiresInSeconds = 3_600, access = "rw", namespace, ...further } = claims;
    const now = Math.floor(Date.now() / 1_000);
    const permission = further["p"] === undefined ? { a: access } : {};
    const scope = namespace === undefined ? {} : { id: namespace };
    const payload = { iat: now, exp: now + expiresInSeconds, ...permission, ...scope, ...further };
    const signed = `${encode({ alg: "EdDSA", typ: "JWT" })}.${encode(payload)}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#privateKey).toString("base64url")}`;
  }
}

function encode(part: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
