import { InvalidArgumentError } from "commander";

/** A port, as an option's value; 0 for a free one. */
export function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/u.test(value) || port > 65_535) {
    throw new InvalidArgumentError("It must be a number from 0 to 65535.");
  }
  return port;
}
