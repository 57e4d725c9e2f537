import { InvalidArgumentError } from "commander";

/** A whole number from 1 on, as an option's value. */
export function parseCount(value: string): number {
  const count = Number(value);
  if (!/^\d+$/u.test(value) || !Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError("It must be a whole number from 1 on.");
  }
  return count;
}
