import { LitefleetError } from "../errors.ts";

/** What a failed opening means. */
export function openingError(error: unknown, isNew: boolean): LitefleetError {
  if (error instanceof LitefleetError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/locked by another process/iu.test(text)) {
    const why = "The local file is open in another process. Share one client, or give each a file of its own.";
    return new LitefleetError(why, "CONFIG_INVALID", { isRetryable: true, cause: error });
  }
  const what = isNew ? "The primary's database could not be fetched" : "The local file could not be opened";
  return new LitefleetError(`${what}: ${text}`, "SYNC_FAILED", { cause: error });
}

/** What a failed pull means. */
export function pullError(error: unknown): unknown {
  if (error instanceof LitefleetError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new LitefleetError(`The pull failed, and nothing was lost: ${text}`, "SYNC_FAILED", {
    isRetryable: true,
    cause: error,
  });
}

/** Whether the library itself has failed, with what may be the file's fault, rather than been kept waiting. */
export function isLibraryFailure(error: unknown): boolean {
  return (
    error instanceof Error && !(error instanceof LitefleetError) && !/busy|locked|fetch error/iu.test(error.message)
  );
}
