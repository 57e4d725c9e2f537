import type { ParsedStatement } from "./parse.ts";
import { nextToken } from "./tokenize.ts";

/** An `INSERT INTO table (columns) VALUES (one row)` without any clause more. */
export interface PlainInsert {
  readonly table: string;
  /** `undefined` if the statement names none. */
  readonly columns: readonly string[] | undefined;
  /** For each value the index of the argument that it is; `undefined` for any other expression. */
  readonly values: readonly (number | undefined)[];
}

const closing: Readonly<Record<string, string>> = { '"': '"', "`": "`", "[": "]" };

/** Reads such a statement; `undefined` if `sql` is any other, or numbers or names its parameters. */
export function readPlainInsert(sql: string, { keyword, parameters }: ParsedStatement): PlainInsert | undefined {
  if (keyword !== "INSERT" || !parameters.every((parameter) => parameter === "?")) return undefined;
  const reader = new Reader(sql);
  if (!reader.takeWord("INSERT") || !reader.takeWord("INTO")) return undefined;
  const table = reader.takeName();
  if (table === undefined) return undefined;
  const columns = reader.isAt("(") ? reader.takeList(() => reader.takeName()) : undefined;
  if (columns?.includes(undefined) === true || !reader.takeWord("VALUES")) return undefined;
  const values = reader.takeList(() => reader.takeValue());
  return values === undefined || !reader.isAtEnd
    ? undefined
    : { table, columns: columns as string[] | undefined, values };
}

/** Reads a text token by token. */
class Reader {
  readonly #sql: string;
  #token: ReturnType<typeof nextToken>;
  #parameters = 0;

  constructor(sql: string) {
    this.#sql = sql;
    this.#token = nextToken(sql, 0);
  }

  get isAtEnd(): boolean {
    return this.#token === undefined || this.#token.kind === "semicolon";
  }

  isAt(text: string): boolean {
    return this.#text === text;
  }

  takeWord(word: string): boolean {
    return this.#token?.kind === "word" && this.#text.toUpperCase() === word && this.#next();
  }

  takeName(): string | undefined {
    const text = this.#text;
    const close = closing[text[0] ?? ""];
    const isName = this.#token?.kind === "word" || (this.#token?.kind === "quoted" && close !== undefined);
    if (!isName) return undefined;
    this.#next();
    return close === undefined ? text : text.slice(1, -1).replaceAll(close + close, close);
  }

  /** What stands between parentheses, separated by commas; `undefined` if there is no such list here. */
  takeList<T>(takeOne: () => T): T[] | undefined {
    if (!this.#take("(")) return undefined;
    const items: T[] = [];
    do {
      items.push(takeOne());
    } while (this.#take(","));
    return this.#take(")") ? items : undefined;
  }

  /** One value of a list: the index of its argument, if it is one and nothing else. */
  takeValue(): number | undefined {
    let depth = 0;
    let tokens = 0;
    let parameter: number | undefined;
    for (; this.#token !== undefined; this.#next()) {
      if (depth === 0 && (this.isAt(",") || this.isAt(")"))) break;
      if (this.isAt("(")) depth += 1;
      else if (this.isAt(")")) depth -= 1;
      tokens += 1;
      if (this.#token.kind !== "parameter") continue;
      parameter = this.#parameters;
      this.#parameters += 1;
    }
    return tokens === 1 ? parameter : undefined;
  }

  get #text(): string {
    return this.#token === undefined ? "" : this.#sql.slice(this.#token.start, this.#token.end);
  }

  #take(text: string): boolean {
    return this.isAt(text) && this.#next();
  }

  #next(): true {
    this.#token = nextToken(this.#sql, this.#token?.end ?? this.#sql.length);
    return true;
  }
}
