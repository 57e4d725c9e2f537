import type { InArgs } from "@libsql/core/api";
import type { IntMode } from "./api.ts";
import { bindArgs } from "./args.ts";
import type { BoundStatement } from "./engine.ts";
import { parseStatement } from "./sql/parse.ts";
import type { ParsedStatement } from "./sql/parse.ts";
import { StatementCache } from "./statement-cache.ts";

/** SQL texts whose reading is kept. */
const capacity = 1_000;

/** Turns SQL and arguments into checked statements, and remembers how each SQL text reads. */
export class ParsedStatements {
  readonly #intMode: IntMode;
  readonly #cache = new StatementCache<ParsedStatement>(capacity);

  /** @param intMode the client's own, for calls that ask for no other. */
  constructor(intMode: IntMode) {
    this.#intMode = intMode;
  }

  parse(sql: string): ParsedStatement {
    const known = this.#cache.get(sql);
    if (known !== undefined) return known;
    const parsed = parseStatement(sql);
    this.#cache.set(sql, parsed);
    return parsed;
  }

  bind(
    sql: string,
    parsed: ParsedStatement,
    args: InArgs | undefined,
    intMode: IntMode | undefined,
    onlyFirstRow = false,
  ): BoundStatement {
    return { sql, parsed, args: bindArgs(parsed, args), intMode: intMode ?? this.#intMode, onlyFirstRow };
  }
}
