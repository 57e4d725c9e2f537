import { redact } from "./redact.ts";

const busyCodes = new Set(["SQLITE_BUSY", "SQLITE_LOCKED", "SERVER_BUSY", "CONFLICT"]);

/** Whether other writers were in the way: nothing happened, and the same may succeed later. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && busyCodes.has(code);
}

/** The `code` of an error that has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** What a foreign error says, without secrets. */
export function describeCause(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}
