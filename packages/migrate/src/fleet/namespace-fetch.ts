/** A `fetch` whose requests go to one namespace of a libSQL server, which looks for it in a header before it looks at the host. */
export function namespaceFetch(namespace: string): typeof globalThis.fetch {
  // The server refuses padding.
  const value = Buffer.from(namespace).toString("base64").replaceAll("=", "");
  return (input, init) => {
    const request = new Request(input, init);
    request.headers.set("x-namespace-bin", value);
    return fetch(request);
  };
}
