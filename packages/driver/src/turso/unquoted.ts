/** A name of SQL without its quotes. */
export function unquoted(name: string): string {
  const quote = name[0];
  if (quote === "[") return name.slice(1, -1);
  return quote === '"' || quote === "`" ? name.slice(1, -1).replaceAll(quote + quote, quote) : name;
}
