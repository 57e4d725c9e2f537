import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import type { CryptoKey } from "jose";

/** What a token of a test server allows. */
export interface TokenClaims {
  /** Seconds from now until it expires; negative for one that has. Default 3,600. */
  readonly expiresInSeconds?: number;
  /** Read only or read and write. Default `"rw"`. */
  readonly access?: "ro" | "rw";
  /** The only namespace it is good for. Default: all. */
  readonly namespace?: string;
}

/** The key pair of a server with authentication. */
export class JwtKeys {
  readonly publicKeyFile: string;
  readonly #privateKey: CryptoKey;

  private constructor(publicKeyFile: string, privateKey: CryptoKey) {
    this.publicKeyFile = publicKeyFile;
    this.#privateKey = privateKey;
  }

  /** Makes a pair and writes the public key into `folder`, in the form that sqld reads. */
  static async create(folder: string): Promise<JwtKeys> {
    const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const file = join(folder, "jwt-key.pem");
    writeFileSync(file, await exportSPKI(publicKey));
    return new JwtKeys(file, privateKey);
  }

  sign(claims: TokenClaims): Promise<string> {
    const { expiresInSeconds = 3_600, access = "rw", namespace } = claims;
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ a: access, ...(namespace === undefined ? {} : { id: namespace }) })
      .setProtectedHeader({ alg: "EdDSA" })
      .setIssuedAt(now)
      .setExpirationTime(now + expiresInSeconds)
      .sign(this.#privateKey);
  }
}
