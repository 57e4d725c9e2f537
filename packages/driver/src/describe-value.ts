/** A value as a message can name it: text as it is, of anything else what it is. Never fails, and tells no contents. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return String(value);
    case "object":
      return Array.isArray(value) ? "an array" : "an object";
    default:
      return typeof value;
  }
}
