import { randomBytes } from "node:crypto";

/** A new id, which sorts by time (UTC, to the second): `20260301-142501-3f9a`. */
export function createRunId(now: Date = new Date()): string {
  const digits = now.toISOString().replaceAll(/[-:]|\..*/gu, "");
  return `${digits.replace("T", "-")}-${randomBytes(2).toString("hex")}`;
}
