import { MigrateError } from "../errors.ts";

/** Two files of a folder have the same number, so that nobody can say which comes first. */
export class DuplicateNumber extends MigrateError {
  /** The second of the files. */
  readonly entry: string;
  /** The message without its code. */
  readonly text: string;

  constructor(dir: string, number: string, first: string, second: string) {
    const text = `${dir} has number ${number} twice: ${first} and ${second}. Rename one.`;
    super(text, "DIR_INVALID");
    this.entry = second;
    this.text = text;
  }
}
