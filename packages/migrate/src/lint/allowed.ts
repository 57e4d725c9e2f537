import type { MigrationStatement } from "../migration.ts";

/** A comment `-- litefleet:allow <rule> …`. */
interface AllowComment {
  readonly line: number;
  readonly rules: readonly string[];
}

/**
 * What the comments of a file allow. One above the first statement, with an empty line between or several statements below,
 * is for the whole file; any other is for the statement that it stands in or above.
 */
export class AllowedRules {
  readonly #comments: readonly AllowComment[];
  readonly #statements: readonly MigrationStatement[];

  constructor(text: string, statements: readonly MigrationStatement[]) {
    this.#statements = statements;
    this.#comments = text.split("\n").flatMap((content, i) => {
      const list = /(?:--|\/\/)\s*litefleet:allow\s+(?<rules>[\w, -]+)/u.exec(content)?.groups?.["rules"];
      return list === undefined ? [] : [{ line: i + 1, rules: list.trim().split(/[\s,]+/u) }];
    });
  }

  /** Every comment, to check the names in them. */
  get comments(): readonly AllowComment[] {
    return this.#comments;
  }

  /** Whether `rule` may be broken by the statement, or by the file if there is none. */
  allows(rule: string, statementIndex: number | undefined): boolean {
    const first = this.#statements[0]?.line ?? Number.POSITIVE_INFINITY;
    const at = this.#statements.findIndex(({ index }) => index === statementIndex);
    const before = this.#statements[at - 1];
    const own = this.#statements[at];
    return this.#comments.some(({ line, rules }) => {
      if (!rules.includes(rule)) return false;
      if (line < first) return true;
      if (own === undefined) return false;
      return line > (before === undefined ? 0 : endOf(before)) && line <= endOf(own);
    });
  }
}

function endOf({ line, sql }: MigrationStatement): number {
  return line + (sql.match(/\n/gu)?.length ?? 0);
}
