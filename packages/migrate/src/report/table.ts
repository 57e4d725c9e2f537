/** A cell: its text, and how the padded text is coloured. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** A column: its heading, and which side its cells keep to. */
export interface Column {
  readonly heading: string;
  readonly align?: "right";
}

/** Lays out a table with a heading, columns two spaces apart, and a newline at the end of each row. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paintHeading: (text: string) => string,
): string {
  const all = [columns.map(({ heading }): Cell => ({ text: heading, paint: paintHeading })), ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i]?.text.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map(({ text, paint = (plain) => plain }, i) => {
        const width = widths[i] ?? 0;
        if (columns[i]?.align === "right") return paint(text.padStart(width));
        return paint(i === row.length - 1 ? text : text.padEnd(width));
      })
      .join("  "),
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
