import type { InArgs } from "@libsql/core/api";
import type { IntMode } from "./api.ts";
import { bindArgs } from "./args.ts";
import type { BoundStatement } from "./engine.ts";
import type { ParsedStatement } from "./sql/parse.ts";
import { parseRemembered } from "./sql/remembered.ts";

/** Turns SQL and arguments into checked statements. */
export class ParsedStatements {
  readonly #intMode: IntMode;

  /** @param intMode the client's own, for calls that ask for no other. */
  constructor(intMode: IntMode) {
    this.#intMode = intMode;
  }

  parse(sql: string): ParsedStatement {
    return parseRemembered(sql);
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
