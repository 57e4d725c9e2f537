import { MigrateError } from "../errors.ts";

/** A file with a block for each direction. The blocks have the length of the file: what is not theirs is blank. */
export interface Blocks {
  readonly up: string;
  readonly down: string | undefined;
}

/** The words that begin the blocks. */
export interface BlockMarks {
  readonly up: RegExp;
  readonly down: RegExp;
  /** As messages call them. */
  readonly upName: string;
  readonly downName: string;
  readonly needsDown: boolean;
}

/**
 * Cuts a file into its blocks.
 *
 * @throws {MigrateError} `DIR_INVALID` if one is missing or in the wrong place.
 */
export function readBlocks(text: string, marks: BlockMarks, file: string, migration: string): Blocks {
  const { upName, downName } = marks;
  const up = marks.up.exec(text)?.index;
  const down = marks.down.exec(text)?.index;
  const refuse = (fault: string): never => {
    throw new MigrateError(`${file} ${fault}.`, "DIR_INVALID", { migration });
  };
  if (up === undefined) return refuse(`has no "${upName}"`);
  if (down === undefined && marks.needsDown) {
    return refuse(`has no "${downName}", which the tool asks for even if nothing follows it`);
  }
  if (down !== undefined && down < up) return refuse(`has its "${downName}" before its "${upName}"`);
  if (/^(?!\s*--)[^\n]*[^\s\uFEFF]/mu.test(text.slice(0, up))) return refuse(`has statements before its "${upName}"`);
  // Lines are counted right with blanks for what is left out.
  const blank = (part: string): string => part.replaceAll(/[^\n]/gu, " ");
  return {
    up: blank(text.slice(0, up)) + text.slice(up, down),
    down: down === undefined ? undefined : blank(text.slice(0, down)) + text.slice(down),
  };
}
