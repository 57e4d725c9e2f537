import { MigrateError } from "../src/index.ts";

/** The error that `promise` must fail with. */
export async function failure(promise: Promise<unknown>): Promise<MigrateError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MigrateError) return error;
    throw error;
  }
  throw new Error("Expected it to fail");
}
