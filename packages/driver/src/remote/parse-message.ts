import { malformedAnswer } from "./classify.ts";

/**
 * Reads the JSON text of a message. `isMessage` looks at as much of it as tells a message from anything else; what is inside
 * is taken to be as the protocol says.
 *
 * @throws {RequestFailure} if it is no such message.
 */
export function parseMessage<T extends object>(text: string, isMessage: (value: object) => value is T): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformedAnswer(error);
  }
  if (typeof value === "object" && value !== null && isMessage(value)) return value;
  throw malformedAnswer(undefined);
}
