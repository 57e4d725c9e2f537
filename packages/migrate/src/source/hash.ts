import { createHash } from "node:crypto";
import type { Migration } from "../migration.ts";

/**
 * The SHA-256 of a migration's text, as drizzle and Prisma take it (of the text as UTF-8), and those of the same text with
 * other line ends: a checkout with CRLF is no edit.
 */
export function hashesOf(text: string): { readonly hash: string; readonly equivalentHashes: readonly string[] } {
  const lf = text.replaceAll("\r\n", "\n");
  return { hash: sha256(text), equivalentHashes: [sha256(lf), sha256(lf.replaceAll("\n", "\r\n"))] };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Whether `hash` is that of the migration's text, whatever its line ends. */
export function hasSameText(migration: Migration, hash: string): boolean {
  return hash === migration.hash || migration.equivalentHashes.includes(hash);
}
