import type { SqlValue } from "../engine.ts";
import type { LitefleetError } from "../errors.ts";
import type { NativeColumn, NativeRows, NativeStatement } from "../local/native.ts";
import { fatal, hazardOf } from "./aborting-sql.ts";
import type { Hazard } from "./aborting-sql.ts";
import { bindable, formOf, writeForms } from "./argument-forms.ts";
import type { ArgumentForm } from "./argument-forms.ts";
import { lastInsertRowid } from "./last-insert-rowid.ts";
import type { LiveStatements, Releasable } from "./live-statements.ts";
import { step, stepOn } from "./native.ts";
import type { TursoHandle, TursoStatementHandle } from "./native.ts";
import { resultNames } from "./returning-names.ts";
import { limitsOfSubqueries } from "./subquery-limits.ts";

/** The most ways to write the parameters of one statement that are kept compiled. */
const maxVariants = 4;

/** The statement with its parameters written in certain forms; without forms it is as its author wrote it. */
interface Variant {
  readonly handle: TursoStatementHandle;
  readonly forms: readonly (ArgumentForm | undefined)[];
  asBigInt: boolean;
}

/** What a statement needs of its connection. */
export interface StatementHost {
  readonly handle: TursoHandle;
  readonly live: LiveStatements;
  /** Makes an error of ours of one of the engine's. */
  explain(error: unknown): LitefleetError;
}

/** A statement. It is never left open but by {@link iterate}: a step of one whose transaction is over would end the process. */
export class TursoStatement implements NativeStatement, Releasable {
  readonly returnsRows: boolean;
  readonly #host: StatementHost;
  readonly #sql: string;
  /** The same, as it is run. */
  readonly #runSql: string;
  readonly #hazard: Hazard | undefined;
  readonly #parameters: readonly (string | undefined)[];
  /** The one used last comes first. */
  readonly #variants: Variant[] = [];
  #openIterations = 0;

  constructor(host: StatementHost, sql: string, parameters: readonly (string | undefined)[]) {
    this.#host = host;
    this.#sql = sql;
    this.#runSql = limitsOfSubqueries(sql);
    this.#parameters = parameters;
    const plain = host.handle.prepare(this.#runSql);
    this.returnsRows = plain.columns().length > 0;
    this.#hazard = hazardOf(host.handle, sql);
    this.#add(plain, []);
    host.live.use(this);
  }

  columns(): NativeColumn[] {
    const latest = this.#variants[0];
    if (latest?.forms.length === 0 && this.#sql === this.#runSql) return describe(this.#sql, latest.handle);
    // A column that is an expression is named after its text, so the names are those of the statement as written.
    const asWritten = this.#host.handle.prepare(this.#sql);
    try {
      return describe(this.#sql, asWritten);
    } finally {
      asWritten.finalize();
    }
  }

  all(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    const rows: unknown[][] = [];
    const statement = this.#bind(args, asBigInt);
    try {
      while (stepOn(this.#host.handle, statement) === step.row) rows.push(statement.row());
    } catch (error) {
      throw this.#fail(statement, error);
    }
    this.#reset(statement);
    return rows;
  }

  run(args: readonly SqlValue[]): { changes: number; lastInsertRowid: bigint } {
    this.all(args, false);
    const { handle } = this.#host;
    return { changes: handle.changes(), lastInsertRowid: lastInsertRowid(handle) };
  }

  iterate(args: readonly SqlValue[]): NativeRows {
    const statement = this.#bind(args, true);
    let isOpen = true;
    this.#openIterations += 1;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#openIterations -= 1;
      this.#reset(statement);
    };
    return {
      next: () => {
        if (!isOpen) return undefined;
        try {
          if (stepOn(this.#host.handle, statement) === step.row) return statement.row();
        } catch (error) {
          close();
          throw this.#host.explain(error);
        }
        close();
        return undefined;
      },
      close,
    };
  }

  release(): boolean {
    if (this.#openIterations > 0) return false;
    for (const { handle } of this.#variants.splice(0)) handle.finalize();
    return true;
  }

  #bind(args: readonly SqlValue[], asBigInt: boolean): TursoStatementHandle {
    if (this.#hazard !== undefined) checkHazard(this.#hazard, args);
    this.#host.live.use(this);
    const variant = this.#variantFor(args);
    const { handle, forms } = variant;
    for (let i = 0; i < args.length; i += 1) handle.bindAt(i + 1, bindable(args[i]!, forms[i]));
    if (asBigInt !== variant.asBigInt) {
      handle.safeIntegers(asBigInt);
      variant.asBigInt = asBigInt;
    }
    return handle;
  }

  #variantFor(args: readonly SqlValue[]): Variant {
    const at = this.#variants.findIndex(({ forms }) => fits(forms, args));
    if (at === 0) return this.#variants[0]!;
    if (at > 0) {
      const [known] = this.#variants.splice(at, 1);
      this.#variants.unshift(known!);
      return known!;
    }
    const forms = args.map(formOf);
    try {
      return this.#add(this.#host.handle.prepare(writeForms(this.#runSql, this.#parameters, forms)), forms);
    } catch (error) {
      throw this.#host.explain(error);
    }
  }

  #add(handle: TursoStatementHandle, forms: readonly (ArgumentForm | undefined)[]): Variant {
    handle.raw(true);
    const variant: Variant = { handle, forms, asBigInt: false };
    this.#variants.unshift(variant);
    // While rows are being read from one of them, none is dropped.
    if (this.#variants.length > maxVariants && this.#openIterations === 0) this.#variants.pop()?.handle.finalize();
    return variant;
  }

  #fail(statement: TursoStatementHandle, error: unknown): LitefleetError {
    // Explaining it may run another statement, which must not find this one under way.
    this.#reset(statement);
    return this.#host.explain(error);
  }

  #reset(statement: TursoStatementHandle): void {
    // Closing a connection has finalised its statements.
    if (this.#host.handle.open) statement.reset();
  }
}

function checkHazard(hazard: Hazard, args: readonly SqlValue[]): void {
  if (hazard === "always") throw fatal("An aggregate beside a plain column, where no row can be read,");
  // Which argument is the limit is not known; such a query gives one row and needs none.
  const isZero = (arg: SqlValue): boolean => arg !== null && typeof arg !== "object" && Number(arg) === 0;
  if (args.some(isZero)) throw fatal("An aggregate beside a plain column, with a LIMIT that may be 0,");
}

function fits(forms: readonly (ArgumentForm | undefined)[], args: readonly SqlValue[]): boolean {
  for (let i = 0; i < args.length; i += 1) {
    const wanted = formOf(args[i]!);
    if (wanted !== undefined && wanted !== (forms[i] ?? "plain")) return false;
  }
  return true;
}

function describe(sql: string, handle: TursoStatementHandle): NativeColumn[] {
  const columns = handle.columns();
  const names = resultNames(
    sql,
    columns.map((column) => column.name),
  );
  return columns.map((column, i) => ({ name: names[i] ?? column.name, type: column.type ?? "" }));
}
