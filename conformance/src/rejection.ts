import { LibsqlError } from "@litefleet/driver";
import { expect } from "vitest";

/** The error that `work` rejects with; fails the test if it resolves. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return expect.fail("expected a rejection");
}

/** Expects `work` to reject with an error of ours that has this code, and gives it back. */
export async function expectCode(work: Promise<unknown>, code: string): Promise<LibsqlError> {
  const error = await rejection(work);
  expect(error).toBeInstanceOf(LibsqlError);
  if (!(error instanceof LibsqlError)) throw error;
  expect(error.code).toBe(code);
  return error;
}
