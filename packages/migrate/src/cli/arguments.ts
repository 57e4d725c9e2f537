import type { RawOptions } from "./command.ts";

/** A command's arguments; commander has checked how many there are. */
export function argumentsOf(options: RawOptions): string[] {
  const given = options["arguments"];
  return Array.isArray(given) ? given.map(String) : [];
}
