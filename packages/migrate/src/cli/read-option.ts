/** The value of an option with choices, which commander has checked; the first one if it was not given. */
export function oneOf<const T extends string>(choices: readonly [T, ...T[]], value: unknown): T {
  return choices.find((choice) => choice === value) ?? choices[0];
}

/** The value of an option that may be left out. */
export function optionalText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The values of an option that may be given several times. */
export function readList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
