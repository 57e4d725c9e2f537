import { createHash } from "node:crypto";

/** Turso Cloud's limit for a database's name: small letters, digits and dashes. */
const longestName = 64;

/** The name of what is made beside a database; that of the database is cut where both do not fit. */
export function besides(database: string, what: string): string {
  const room = longestName - what.length - 1;
  if (database.length <= room) return `${database}-${what}`;
  const hash = createHash("sha256").update(database).digest("hex").slice(0, 8);
  return `${database.slice(0, room - hash.length - 1)}-${hash}-${what}`;
}
