import { LitefleetError } from "../errors.ts";

/** A call to the primary: where that could not be reached at all, nothing was written, and the error says so in a replica's words. */
export async function onPrimary<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asPrimaryError(error);
  }
}

function asPrimaryError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "CONNECTION_FAILED") return error;
  return new LitefleetError(
    "The primary cannot be reached, so nothing was written; reads go on from the local copy",
    "PRIMARY_UNREACHABLE",
    { isRetryable: true, cause: error },
  );
}
