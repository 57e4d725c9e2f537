import type { Effect } from "../sql/effect.ts";

/** Where the rows of a table are to be found after a migration. */
type TableFate =
  | {
      readonly kind: "kept";
      /** The name that the table, or what replaced it, has afterwards. */ readonly table: string;
    }
  /** The migration says itself that rows go: it deletes from the table, drops it, or rebuilds it with a filter. */
  | { readonly kind: "may-lose" };

/** Something that a statement takes from a table of before, and says so. */
export interface StatedLoss {
  readonly table: string;
  /** The statement, counted from 0. */
  readonly statement: number;
  /** `"filter"`: a rebuild leaves rows out. */
  readonly what: "drop" | "delete" | "filter" | "drop-column";
}

/** What a migration does to tables, statement by statement. */
export interface TableTrace {
  /** What it takes by its own word, in order. */
  readonly losses: readonly StatedLoss[];
  /** Tables that were rebuilt: copied to another one and dropped. */
  readonly rebuilt: readonly string[];
  /** What becomes of the table that was called `name` before the migration. */
  readonly fateOf: (name: string) => TableFate;
}

/** A table that exists at some time during the migration. */
interface Table {
  /** The tables whose rows it took over, and whether with a filter. */
  readonly copies: Map<Table, boolean>;
}

/** The rows that one of the tables of before had. */
interface Rows {
  readonly origin: string;
  holder: Table | undefined;
  name: string;
  mayLose: boolean;
}

/**
 * Follows tables through renames and rebuilds, so that the rows of before can be compared with those afterwards. Names
 * compare as in SQLite, without regard to ASCII case.
 */
export function traceTables(effects: readonly Effect[]): TableTrace {
  const tables = new Map<string, Table>();
  const rows = new Map<string, Rows>();
  const rebuilt: string[] = [];
  const losses: StatedLoss[] = [];

  /** The table now called `name`; one not met yet was there before the migration. */
  const find = (name: string): Table => {
    const key = fold(name);
    const known = tables.get(key);
    if (known !== undefined) return known;
    const table: Table = { copies: new Map() };
    tables.set(key, table);
    if (!rows.has(key)) rows.set(key, { origin: name, holder: table, name, mayLose: false });
    return table;
  };
  const rowsIn = (table: Table): Rows[] => [...rows.values()].filter((r) => r.holder === table);

  const drop = (name: string, statement: number): void => {
    const table = find(name);
    tables.delete(fold(name));
    const successor = tables.entries().find(([, candidate]) => candidate.copies.has(table));
    for (const held of rowsIn(table)) {
      held.holder = successor?.[1];
      held.name = successor?.[0] ?? held.name;
      const isFiltered = successor?.[1].copies.get(table) === true;
      if (successor === undefined || isFiltered) {
        losses.push({ table: held.origin, statement, what: isFiltered ? "filter" : "drop" });
        held.mayLose = true;
      }
      if (successor !== undefined) rebuilt.push(held.origin);
    }
  };

  const rename = (from: string, to: string): void => {
    const table = find(from);
    tables.delete(fold(from));
    tables.set(fold(to), table);
    for (const held of rowsIn(table)) held.name = to;
  };

  for (const [statement, effect] of effects.entries()) {
    switch (effect.kind) {
      case "create":
        // With IF NOT EXISTS the table may be one of before; otherwise it is new, or the statement fails.
        if (!effect.ifNotExists) tables.set(fold(effect.table), { copies: new Map() });
        copyInto(find(effect.table), effect.copy?.from.map(find), effect.copy?.isFiltered);
        break;
      case "insert":
        copyInto(find(effect.table), effect.copy?.from.map(find), effect.copy?.isFiltered);
        break;
      case "drop":
        drop(effect.table, statement);
        break;
      case "rename":
        rename(effect.table, effect.to);
        break;
      case "delete":
        for (const held of rowsIn(find(effect.table))) {
          losses.push({ table: held.origin, statement, what: "delete" });
          held.mayLose = true;
        }
        break;
      case "drop-column":
        for (const { origin } of rowsIn(find(effect.table)))
          losses.push({ table: origin, statement, what: "drop-column" });
        break;
      case "update":
      case "add-column":
      case "neutral":
      case "unknown":
        break;
    }
  }

  return {
    rebuilt,
    losses,
    fateOf: (name) => {
      const held = rows.get(fold(name));
      if (held === undefined) return { kind: "kept", table: name };
      return held.mayLose ? { kind: "may-lose" } : { kind: "kept", table: held.name };
    },
  };
}

function copyInto(table: Table, from: readonly Table[] = [], isFiltered = false): void {
  for (const source of from) {
    // Several copies into one table: one without a filter is enough for all rows to be there.
    if (source !== table) table.copies.set(source, isFiltered && (table.copies.get(source) ?? true));
  }
}

/** A table's name as SQLite compares it. */
export function fold(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase());
}
