import { LitefleetError } from "../errors.ts";
import type { LogPosition } from "./replica-files.ts";

/** Writes a place in a primary's log as a token that fits into a header, a cookie or JSON. */
export function writePosition({ epoch, frameNo }: LogPosition): string {
  return `${epoch}.${frameNo ?? ""}`;
}

/**
 * Reads such a token.
 *
 * @throws {LitefleetError} `ARGS_INVALID` if it is none.
 */
export function readPosition(token: string): LogPosition {
  const match = typeof token === "string" ? /^(?<epoch>[0-9a-f-]{36})\.(?<frameNo>\d{0,15})$/u.exec(token) : null;
  const { epoch, frameNo } = match?.groups ?? {};
  if (epoch === undefined || frameNo === undefined) {
    throw new LitefleetError("Expected a position as `client.position()` gives it", "ARGS_INVALID");
  }
  return { epoch, frameNo: frameNo === "" ? undefined : Number(frameNo) };
}
