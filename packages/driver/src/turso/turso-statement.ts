import type { SqlValue } from "../engine.ts";
import type { LitefleetError } from "../errors.ts";
import type { NativeColumn, NativeRows, NativeStatement } from "../local/native.ts";
import { bindable, formOf, writeForms } from "./argument-forms.ts";
import type { ArgumentForm } from "./argument-forms.ts";
import { lastInsertRowid } from "./last-insert-rowid.ts";
import { step, stepOn } from "./native.ts";
import type { TursoHandle, TursoStatementHandle } from "./native.ts";

/** The most ways to write the parameters of one statement that are kept compiled. */
const maxVariants = 4;

/** The statement with its parameters written in certain forms. */
interface Variant {
  readonly handle: TursoStatementHandle;
  readonly forms: readonly (ArgumentForm | undefined)[];
  asBigInt: boolean;
}

/** A statement. It is never left open but by {@link iterate}: a step of one whose transaction is over would end the process. */
export class TursoStatement implements NativeStatement {
  readonly returnsRows: boolean;
  readonly #connection: TursoHandle;
  readonly #sql: string;
  readonly #parameters: readonly (string | undefined)[];
  readonly #explain: (error: unknown) => LitefleetError;
  /** The one used last comes first; the statement as it was written is among them at the beginning. */
  readonly #variants: Variant[] = [];

  /** @param explain makes an error of ours of one of the engine's. */
  constructor(
    connection: TursoHandle,
    sql: string,
    parameters: readonly (string | undefined)[],
    explain: (error: unknown) => LitefleetError,
  ) {
    this.#connection = connection;
    this.#sql = sql;
    this.#parameters = parameters;
    this.#explain = explain;
    const asWritten = connection.prepare(sql);
    this.returnsRows = asWritten.columns().length > 0;
    this.#add(asWritten, []);
  }

  columns(): NativeColumn[] {
    const { handle, forms } = this.#variants[0]!;
    if (forms.length === 0) return describe(handle);
    // A column that is nothing but a parameter is named after its text, so the names are those of the statement as written.
    const asWritten = this.#connection.prepare(this.#sql);
    try {
      return describe(asWritten);
    } finally {
      asWritten.finalize();
    }
  }

  all(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    const rows: unknown[][] = [];
    const { handle } = this.#bind(args, asBigInt);
    try {
      while (stepOn(this.#connection, handle) === step.row) rows.push(handle.row());
    } catch (error) {
      // Explaining it may run another statement, which must not find this one under way.
      this.#reset(handle);
      throw this.#explain(error);
    }
    this.#reset(handle);
    return rows;
  }

  run(args: readonly SqlValue[]): { changes: number; lastInsertRowid: bigint } {
    this.all(args, false);
    return { changes: this.#connection.changes(), lastInsertRowid: lastInsertRowid(this.#connection) };
  }

  iterate(args: readonly SqlValue[]): NativeRows {
    const { handle } = this.#bind(args, true);
    return {
      next: () => {
        try {
          if (stepOn(this.#connection, handle) === step.row) return handle.row();
        } catch (error) {
          this.#reset(handle);
          throw this.#explain(error);
        }
        this.#reset(handle);
        return undefined;
      },
      close: () => this.#reset(handle),
    };
  }

  #bind(args: readonly SqlValue[], asBigInt: boolean): Variant {
    const variant = this.#variantFor(args);
    const { handle, forms } = variant;
    for (let i = 0; i < args.length; i += 1) handle.bindAt(i + 1, bindable(args[i]!, forms[i]));
    if (asBigInt !== variant.asBigInt) {
      handle.safeIntegers(asBigInt);
      variant.asBigInt = asBigInt;
    }
    return variant;
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
      return this.#add(this.#connection.prepare(writeForms(this.#sql, this.#parameters, forms)), forms);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #add(handle: TursoStatementHandle, forms: readonly (ArgumentForm | undefined)[]): Variant {
    handle.raw(true);
    const variant: Variant = { handle, forms, asBigInt: false };
    this.#variants.unshift(variant);
    if (this.#variants.length > maxVariants) this.#variants.pop()?.handle.finalize();
    return variant;
  }

  #reset(handle: TursoStatementHandle): void {
    // Closing a connection has finalised its statements.
    if (this.#connection.open) handle.reset();
  }
}

function fits(forms: readonly (ArgumentForm | undefined)[], args: readonly SqlValue[]): boolean {
  for (let i = 0; i < args.length; i += 1) {
    const wanted = formOf(args[i]!);
    if (wanted !== undefined && wanted !== (forms[i] ?? "plain")) return false;
  }
  return true;
}

function describe(handle: TursoStatementHandle): NativeColumn[] {
  return handle.columns().map((column) => ({ name: column.name, type: column.type ?? "" }));
}
