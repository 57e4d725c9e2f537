/**
 * `text` without what must not be shown: credentials and query of URLs, and JSON web tokens. `secrets` are taken out
 * wherever they stand.
 */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  let shown = text
    .replaceAll(/\b([a-z][\w+.-]*:\/\/)[^\s/@?#"']*@/giu, "$1***@")
    .replaceAll(/([?&](?:auth_?token|token|jwt|tls_key|encryption_?key)=)[^\s&"']*/giu, "$1***")
    .replaceAll(/\beyJ[\w-]*\.[\w-]+(?:\.[\w-]*)?/gu, "***");
  for (const secret of secrets) if (secret !== undefined && secret !== "") shown = shown.replaceAll(secret, "***");
  return shown;
}

/** A URL as it can be shown: without credentials, query and fragment. */
export function redactUrl(url: string): string {
  return redact(url.replace(/[?#].*$/su, ""));
}
