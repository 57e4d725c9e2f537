import { fold } from "../safety/table-trace.ts";
import type { Shape, ShapeObject } from "./read-shape.ts";

/** One line of a comparison: only in the reference, only in the other, or in both. */
export interface DiffLine {
  readonly in: "reference" | "tenant" | "both";
  readonly text: string;
}

/** An object that is not the same in both. */
export interface ObjectDiff {
  readonly type: ShapeObject["type"];
  readonly name: string;
  /** `"missing"`: only the reference has it. `"added"`: the reference lacks it. */
  readonly change: "missing" | "added" | "changed";
  readonly lines: readonly DiffLine[];
}

/** In what `shape` differs from `reference`, by type and name. */
export function diffShapes(reference: Shape, shape: Shape): ObjectDiff[] {
  const theirs = new Map(shape.objects.map((object) => [keyOf(object), object]));
  const diffs: ObjectDiff[] = [];
  for (const object of reference.objects) {
    const { type, name, lines } = object;
    const other = theirs.get(keyOf(object));
    theirs.delete(keyOf(object));
    if (other === undefined) diffs.push({ type, name, change: "missing", lines: diffLines(lines, []) });
    else if (lines.join("\n") !== other.lines.join("\n")) {
      diffs.push({ type, name, change: "changed", lines: diffLines(lines, other.lines) });
    }
  }
  for (const { type, name, lines } of theirs.values()) {
    diffs.push({ type, name, change: "added", lines: diffLines([], lines) });
  }
  return diffs.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ type, name }: Pick<ShapeObject, "type" | "name">): string {
  return `${type} ${fold(name)}`;
}

/**
 * The shortest way from one list of lines to the other, by their longest common subsequence. A definition has tens of lines, so its
 * square is small.
 *
 * @see https://en.wikipedia.org/wiki/Longest_common_subsequence
 */
function diffLines(reference: readonly string[], tenant: readonly string[]): DiffLine[] {
  const width = tenant.length + 1;
  const common = new Uint32Array((reference.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = reference.length - 1; i >= 0; i -= 1) {
    for (let j = tenant.length - 1; j >= 0; j -= 1) {
      const isSame = reference[i] === tenant[j];
      common[i * width + j] = isSame ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < reference.length || j < tenant.length) {
    const ours = reference[i];
    const theirs = tenant[j];
    if (ours !== undefined && ours === theirs) {
      lines.push({ in: "both", text: ours });
      i += 1;
      j += 1;
    } else if (ours !== undefined && (theirs === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ in: "reference", text: ours });
      i += 1;
    } else if (theirs !== undefined) {
      lines.push({ in: "tenant", text: theirs });
      j += 1;
    }
  }
  return lines;
}
