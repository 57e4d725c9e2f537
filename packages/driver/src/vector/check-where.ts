import { nextToken } from "../sql/tokenize.ts";

/** @throws {RangeError} for a condition that would not stay within its parentheses, or numbers its parameters. */
export function checkWhere(where: string): void {
  if (typeof where !== "string") throw new TypeError(`Expected where as SQL text, got ${typeof where}`);
  // An open string or comment would swallow what comes behind.
  const closed = `${where}\n)`;
  let depth = 1;
  let isBlank = true;
  for (let token = nextToken(closed, 0); token !== undefined; token = nextToken(closed, token.end)) {
    const text = closed.slice(token.start, token.end);
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    if (depth === 0 && token.end === closed.length) {
      if (isBlank) break;
      return;
    }
    if (depth <= 0 || token.kind === "semicolon") break;
    isBlank = false;
    if (token.kind === "parameter" && /^\?\d/u.test(text)) {
      throw new RangeError(`Parameters of where are ? or have names; ${text} would number those of the search too`);
    }
  }
  throw new RangeError(
    `Expected where as one condition with matching parentheses and no semicolon, got ${JSON.stringify(where)}`,
  );
}
