import { LitefleetError } from "../errors.ts";
import { nextToken } from "../sql/tokenize.ts";
import { aggregates } from "./aggregates.ts";
import { withoutCompoundOrder } from "./compound-order.ts";
import { step, stepOn } from "./native.ts";
import type { TursoHandle } from "./native.ts";
import { shortenedLists } from "./shortened-lists.ts";
import { aggregatingTriggers, statementsOfTrigger } from "./triggers.ts";
import { viewsNamed, viewsOf } from "./views.ts";

/** When a statement would end the process: whenever it runs, or only if its LIMIT is 0. */
export type Hazard = "always" | "zero-limit";

/**
 * Refuses text that the engine (0.7.2) ends the process over.
 *
 * @throws {LitefleetError} `SQLITE_ERROR` or `UNSUPPORTED`, before the engine sees it.
 */
export function checkText(sql: string): void {
  // Result columns without a name are named after their text, and a NUL in a name is fatal.
  if (sql.includes("\0")) {
    const details = { extendedCode: "SQLITE_ERROR", rawCode: 1 };
    throw new LitefleetError(
      "unrecognized token: a NUL character. Pass text that holds one as an argument",
      "SQLITE_ERROR",
      details,
    );
  }
  if (/\bregexp\s*\(/i.test(sql) && callsRegexpWithOne(sql)) throw fatal("regexp() with one argument");
  // A function of the engine's own, which asks for as much memory as it is told.
  if (/\brepeat["`\]]?\s*\(/iu.test(sql) && calls(sql, "repeat")) throw fatal("repeat()");
  if (sql.length > maxCompoundTerms * 6 && hasLongCompound(sql)) {
    const details = { extendedCode: "SQLITE_ERROR", rawCode: 1 };
    throw new LitefleetError("too many terms in compound SELECT", "SQLITE_ERROR", details);
  }
  if (sql.includes("->") && hasEqualOperands(sql)) throw fatal("-> or ->> between two equal operands");
}

/** SQLite's limit (SQLITE_MAX_COMPOUND_SELECT); the engine has none, and overflows its stack some thousands further. */
const maxCompoundTerms = 500;

/** The error for a statement that must not run. */
export function fatal(what: string): LitefleetError {
  return new LitefleetError(
    `${what} would end the process in the Turso engine, and is refused. Write the statement another way.`,
    "UNSUPPORTED",
  );
}

/**
 * Whether running `sql` would end the process: an aggregate beside a plain column reads that column of a table which was
 * never opened, because the condition is never true or the LIMIT is 0. The plan shows it, so only statements that look like
 * it are explained, their own text or that of a view which they name. A view that would always do it counts itself.
 */
export function hazardOf(connection: TursoHandle, sql: string): Hazard | undefined {
  const word = firstWord(sql);
  if (word === "PRAGMA") return undefined;
  if (word === "EXPLAIN") return checkExplain(connection, sql);
  if (word === "CREATE") return hazardOfView(connection, sql) ?? hazardOfTrigger(connection, sql);
  if (writingWords.has(word)) checkTriggers(connection);
  return hazardOfStatement(connection, sql);
}

/**
 * The list of instructions of a compound SELECT with ORDER BY, also of one in a view, would end the process; its query plan does not.
 *
 * @throws {LitefleetError} `UNSUPPORTED`
 */
function checkExplain(connection: TursoHandle, sql: string): undefined {
  if (/^query$/iu.test(tokensOf(sql)[1] ?? "")) return;
  const text = `${sql}\n;${viewsNamed(connection, sql) ?? ""}`;
  if (withoutCompoundOrder(text) !== text)
    throw fatal("EXPLAIN (but not EXPLAIN QUERY PLAN) of a compound SELECT with ORDER BY");
}

function hazardOfStatement(connection: TursoHandle, sql: string): Hazard | undefined {
  const views = viewsOf(connection, sql);
  const text = views === undefined ? sql : `${sql}\n;${views}`;
  if (!/\bselect\b/iu.test(text) || !aggregates(text)) return undefined;
  return hazardOfQuery(connection, sql, text);
}

/** The view is not made yet, so its query is looked at. */
function hazardOfView(connection: TursoHandle, sql: string): Hazard | undefined {
  if (!/^\s*create\s+(?:temp(?:orary)?\s+)?view\b/iu.test(sql) || !aggregates(sql)) return undefined;
  const query = /\bas\s+((?:select|with|values)\b.*)$/isu.exec(sql)?.[1];
  try {
    return query === undefined ? undefined : hazardOfQuery(connection, query, query);
  } catch {
    // A view may name what is not there yet; the rest is for the engine to refuse.
    return undefined;
  }
}

/** The statements of its body are looked at as they will run. */
function hazardOfTrigger(connection: TursoHandle, sql: string): Hazard | undefined {
  if (!/^\s*create\s+(?:temp(?:orary)?\s+)?trigger\b/iu.test(sql) || !aggregates(sql)) return undefined;
  for (const statement of statementsOfTrigger(sql)) {
    try {
      // A LIMIT that is known only when it runs may be 0.
      if (hazardOfStatement(connection, statement) !== undefined) return "always";
    } catch {
      // It may name what is not there yet. It is looked at again before something is written.
    }
  }
  return undefined;
}

/**
 * Nothing is written while there is a trigger that would end the process when it fires, whoever made it.
 *
 * @throws {LitefleetError} `UNSUPPORTED`, with its name.
 */
function checkTriggers(connection: TursoHandle): void {
  for (const { name, sql } of aggregatingTriggers(connection)) {
    if (hazardOfTrigger(connection, sql) === undefined) continue;
    throw new LitefleetError(
      `The trigger ${name} has an aggregate beside a plain column, where no row can be read. It would end the process in the Turso ` +
        "engine when it fires, so nothing is written while it is there. Drop it, or write it another way.",
      "UNSUPPORTED",
    );
  }
}

const writingWords: ReadonlySet<string> = new Set(["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]);

/** @param text with that of the views in it. */
function hazardOfQuery(connection: TursoHandle, sql: string, text: string): Hazard | undefined {
  // A view cannot be read without its ORDER BY, and one that is a compound SELECT cannot be explained with it.
  if (text !== sql && withoutCompoundOrder(text.slice(sql.length)) !== text.slice(sql.length)) return undefined;
  const plan = explain(connection, shortenedLists(withoutCompoundOrder(sql)));
  let hazard: Hazard | undefined;
  for (const { opcode, address, p1: cursor } of plan) {
    if (opcode !== "OpenRead") continue;
    for (const jump of plan) {
      if (jump.address >= address || jump.p2 <= address) continue;
      const kind = hazardOfJump(text, plan, jump);
      if (kind === undefined || !isReadAfter(plan, cursor, jump.p2)) continue;
      if (kind === "always") return kind;
      hazard = kind;
    }
  }
  return hazard;
}

/** When a jump is taken: a `Goto` always, the `IfNot` of a LIMIT only if that is 0. */
function hazardOfJump(
  sql: string,
  plan: readonly Instruction[],
  { opcode, p1: register }: Instruction,
): Hazard | undefined {
  if (opcode === "Goto") return "always";
  if (opcode !== "IfNot") return undefined;
  if (plan.some((load) => load.opcode === "Variable" && load.p2 === register)) return "zero-limit";
  const limits = sql.match(/\blimit\b/gi) ?? [];
  const numbers = sql.match(/\blimit\s+0*[1-9]\d*\s*(?=$|[;),]|offset\b)/gi) ?? [];
  // A limit that is computed may be anything.
  return limits.length === numbers.length ? undefined : "always";
}

/**
 * Whether the plain column is read from `cursor` at or after `address`. The engine puts it on a row of NULLs first, except for a
 * query that has its aggregate only in HAVING.
 */
function isReadAfter(plan: readonly Instruction[], cursor: number, address: number): boolean {
  const after = plan.filter((later) => later.p1 === cursor && later.address >= address);
  const first = after.find(({ opcode }) => opcode === "NullRow" || opcode === "Column" || opcode === "OpenRead");
  return first !== undefined && first.opcode !== "OpenRead";
}

interface Instruction {
  readonly address: number;
  readonly opcode: string;
  readonly p1: number;
  readonly p2: number;
}

function explain(connection: TursoHandle, sql: string): Instruction[] {
  const statement = connection.prepare(`EXPLAIN ${sql}`);
  try {
    statement.raw(true);
    const plan: Instruction[] = [];
    while (stepOn(connection, statement) === step.row) {
      const [address, opcode, p1, p2] = statement.row() as [number, string, number, number];
      plan.push({ address, opcode, p1, p2 });
    }
    return plan;
  } finally {
    statement.finalize();
  }
}

function callsRegexpWithOne(sql: string): boolean {
  const texts = tokensOf(sql);
  return texts.some((text, i) => {
    if (text.toLowerCase() !== "regexp" || texts[i + 1] !== "(") return false;
    let depth = 0;
    for (const inner of texts.slice(i + 1)) {
      if (inner === "(") depth += 1;
      else if (inner === ")") depth -= 1;
      else if (inner === "," && depth === 1) return false;
      if (depth === 0) break;
    }
    return true;
  });
}

function calls(sql: string, name: string): boolean {
  const texts = tokensOf(sql);
  return texts.some((text, i) => texts[i + 1] === "(" && text.toLowerCase().replaceAll(/["`[\]]/gu, "") === name);
}

function hasLongCompound(sql: string): boolean {
  const operators = sql.match(/\b(?:union|except|intersect)\b/giu)?.length ?? 0;
  if (operators < maxCompoundTerms) return false;
  return tokensOf(sql).filter((text) => /^(?:union|except|intersect)$/iu.test(text)).length >= maxCompoundTerms;
}

function hasEqualOperands(sql: string): boolean {
  const texts = tokensOf(sql);
  return texts.some((text, i) => {
    if (text !== "-" || texts[i + 1] !== ">") return false;
    const right = texts.slice(i + 2).find((after) => after !== ">" && after !== "-" && after !== "+" && after !== "(");
    const left = texts.slice(0, i).findLast((before) => before !== ")");
    return left !== undefined && left === right;
  });
}

function firstWord(sql: string): string {
  const first = nextToken(sql, 0);
  return first === undefined ? "" : sql.slice(first.start, first.end).toUpperCase();
}

function tokensOf(sql: string): string[] {
  const texts: string[] = [];
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    texts.push(sql.slice(token.start, token.end));
  }
  return texts;
}
