/** The header in which sqld looks for the namespace, before it looks at the host's first label. */
export const namespaceHeader = "x-namespace-bin";

/** A namespace as that header carries it: base64 without padding; sqld refuses padding. */
export function encodeNamespace(namespace: string): string {
  return Buffer.from(namespace).toString("base64").replaceAll("=", "");
}

/** A `fetch` whose requests go to one namespace. */
export function namespaceFetch(namespace: string): typeof globalThis.fetch {
  const value = encodeNamespace(namespace);
  return (input, init) => {
    const request = new Request(input, init);
    request.headers.set(namespaceHeader, value);
    return fetch(request);
  };
}
