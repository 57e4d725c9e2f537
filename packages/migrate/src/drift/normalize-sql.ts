import { nameOf, tokensOf } from "../sql/tokens.ts";
import type { SqlToken } from "../sql/tokens.ts";

/**
 * A definition from the schema in one form, as lines: white space, comments, the case of keywords and names, quotes around names and `IF
 * NOT EXISTS` make no difference. Texts in single quotes stay as they are. Each part between commas on the first level of parentheses
 * is a line, so that two definitions can be compared column by column.
 */
export function normalizeSql(sql: string): readonly string[] {
  const tokens = withoutExistsClause([...tokensOf(sql)].filter(({ text }) => text !== ";"));
  const lines: string[] = [];
  let line: string[] = [];
  const endLine = (indent: string): void => {
    if (line.length > 0) lines.push(indent + line.join(" "));
    line = [];
  };
  // Only the body of a table is a list; a trigger's parentheses are no lists of its own.
  const isTable = tokens[0]?.text === "CREATE" && tokens.slice(0, 4).some(({ text }) => text === "TABLE");
  let wasList = false;
  for (const [i, token] of tokens.entries()) {
    const isOuter = isTable && token.kind === "other" && !wasList;
    if (isOuter && token.text === "(" && token.depth === 0) {
      line.push("(");
      endLine("");
    } else if (isOuter && token.text === "," && token.depth === 1) {
      endLine("  ");
    } else if (isOuter && token.text === ")" && token.depth === 0) {
      endLine("  ");
      wasList = true;
      line.push(")");
    } else line.push(textOf(token, tokens[i - 1]));
  }
  endLine("");
  return lines;
}

function withoutExistsClause(tokens: readonly SqlToken[]): SqlToken[] {
  const at = tokens.findIndex(
    ({ text, kind }, i) =>
      kind === "word" && text === "IF" && tokens[i + 1]?.text === "NOT" && tokens[i + 2]?.text === "EXISTS",
  );
  // It stands before the name, if at all: CREATE UNIQUE INDEX IF NOT EXISTS.
  return at > 0 && at <= 3 ? tokens.toSpliced(at, 3) : [...tokens];
}

function textOf(token: SqlToken, before: SqlToken | undefined): string {
  if (token.kind === "other") return token.text;
  // A default in double quotes is a text to SQLite.
  const isText = token.raw.startsWith("'") || (before?.text === "DEFAULT" && token.raw.startsWith('"'));
  if (isText) return `'${token.text.replaceAll("'", "''")}'`;
  const name = nameOf(token).toLowerCase();
  return /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
