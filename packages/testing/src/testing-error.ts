/** What went wrong with a server of this package. */
export type TestingErrorCode = "BINARY_MISSING" | "START_FAILED" | "START_TIMEOUT" | "ADMIN_FAILED" | "STOPPED";

/** Thrown by everything in this package that can fail; `code` says what a program can tell apart. */
export class TestingError extends Error {
  override readonly name = "TestingError";
  readonly code: TestingErrorCode;

  constructor(message: string, code: TestingErrorCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
