import { createServer } from "node:net";

/** A loopback port that nobody listens on now. Another process may take it before its user does: be ready to ask again. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("the listening socket has no port"));
      });
    });
  });
}
