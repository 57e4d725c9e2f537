import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The path that a `file:` URL of the driver names (`file:data/a.db` from `cwd`, `file:///data/a.db`); `undefined` for
 * another scheme or a URL that names no file of this machine.
 */
export function pathOfFileUrl(url: string, cwd: string): string | undefined {
  if (!/^file:/iu.test(url)) return undefined;
  const plain = url.replace(/[?#].*$/su, "");
  try {
    if (/^file:\/\//iu.test(plain)) return fileURLToPath(plain);
    return path.resolve(cwd, decodeURIComponent(plain.slice("file:".length)));
  } catch {
    return undefined;
  }
}
