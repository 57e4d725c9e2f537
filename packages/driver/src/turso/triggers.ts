import { nextToken } from "../sql/tokenize.ts";
import type { Token } from "../sql/tokenize.ts";
import { aggregates } from "./aggregates.ts";
import { step, stepOn } from "./native.ts";
import type { TursoHandle } from "./native.ts";

/** A trigger of the database in which an aggregate may be. */
export interface Trigger {
  readonly name: string;
  readonly sql: string;
}

/** The triggers of the database in which an aggregate may be; there are hardly ever any. */
export function aggregatingTriggers(connection: TursoHandle): Trigger[] {
  const triggers: Trigger[] = [];
  const statement = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
  try {
    statement.raw(true);
    while (stepOn(connection, statement) === step.row) {
      const [name, sql] = statement.row();
      if (typeof sql === "string" && aggregates(sql)) triggers.push({ name: String(name), sql });
    }
  } finally {
    statement.finalize();
  }
  return triggers;
}

/**
 * What a trigger runs, as statements that stand alone: `NEW.x` and `OLD.x` are parameters, which like them are known only when it
 * runs, and `RAISE(…)` is NULL. The condition of its WHEN comes first.
 */
export function statementsOfTrigger(createTrigger: string): string[] {
  const statements: string[] = [];
  let written = "";
  let isBody = false;
  let isWhen = false;
  const end = (): void => {
    if (written.trim() !== "") statements.push(written.trim());
    written = "";
  };
  for (let token = nextToken(createTrigger, 0); token !== undefined; token = nextToken(createTrigger, token.end)) {
    const text = createTrigger.slice(token.start, token.end);
    const word = token.kind === "word" ? text.toUpperCase() : text;
    if (!isBody && word === "BEGIN") {
      if (isWhen) end();
      isBody = true;
    } else if (!isBody && word === "WHEN") {
      isWhen = true;
      written = "SELECT";
    } else if (isBody && word === ";") {
      end();
    } else if (isBody || isWhen) {
      const last = afterReplaced(createTrigger, token, word);
      written += last === undefined ? ` ${text}` : word === "RAISE" ? " NULL" : " ?";
      token = last ?? token;
    }
  }
  // What is left is the END of the body.
  return statements;
}

/** The last token of `NEW.x`, `OLD.x` or `RAISE(…)` that begins here. */
function afterReplaced(sql: string, token: Token, word: string): Token | undefined {
  const next = nextToken(sql, token.end);
  const text = next === undefined ? "" : sql.slice(next.start, next.end);
  if (word === "NEW" || word === "OLD") return text === "." ? nextToken(sql, next!.end) : undefined;
  if (word !== "RAISE" || text !== "(") return undefined;
  let depth = 0;
  for (let inner = next; inner !== undefined; inner = nextToken(sql, inner.end)) {
    const char = sql.slice(inner.start, inner.end);
    if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth === 0) return inner;
  }
  return undefined;
}
