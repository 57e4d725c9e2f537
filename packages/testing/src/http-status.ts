import { request } from "node:http";

/**
 * The status that a GET of `url` answers, over a connection of its own: one kept open would be a dead one after the server
 * has been killed.
 */
export function httpStatus(url: string, timeoutMs = 1_000): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once("timeout", () => sent.destroy(new Error(`no answer from ${url} within ${timeoutMs} ms`)));
    sent.once("error", reject);
    sent.end();
  });
}
