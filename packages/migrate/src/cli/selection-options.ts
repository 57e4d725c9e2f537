import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import type { TenantSelection } from "../fleet/select-tenants.ts";
import type { RawOptions } from "./command.ts";
import { parseCount } from "./parse-count.ts";
import { optionalText, readList } from "./read-option.ts";

/** Which tenants of the fleet. */
export function addSelectionOptions(command: Command): Command {
  return command
    .option("--only <name...>", "tenants of these names; * and ? stand for others")
    .option("--exclude <name...>", "without tenants of these names")
    .option("--tag <key=value...>", "tenants with all of these tags", (text, before: string[] | undefined) => {
      parseTag(text);
      return [...(before ?? []), text];
    })
    .option("--shard <i/n>", "the i-th of n parts of the fleet, for the work of several machines", checked(parseShard))
    .option("--sample <n|p%>", "so many tenants, or such a part, spread over the fleet", checked(parseSample))
    .option("--seed <text>", "another text gives another sample")
    .option("--limit <n>", "the first so many tenants", parseCount);
}

/** What these say. Commander has checked it. */
export function readSelection(options: RawOptions): TenantSelection {
  const shard = optionalText(options["shard"]);
  const sample = optionalText(options["sample"]);
  const seed = optionalText(options["seed"]);
  return {
    ...(options["only"] !== undefined && { only: readList(options["only"]) }),
    exclude: readList(options["exclude"]),
    tags: Object.fromEntries(readList(options["tag"]).map(parseTag)),
    ...(shard !== undefined && { shard: parseShard(shard) }),
    ...(sample !== undefined && { sample: parseSample(sample) }),
    ...(seed !== undefined && { seed }),
    ...(options["limit"] !== undefined && { limit: Number(options["limit"]) }),
  };
}

/** The text as it is, if `parse` takes it. */
function checked(parse: (text: string) => unknown): (text: string) => string {
  return (text) => {
    parse(text);
    return text;
  };
}

function parseTag(text: string): [key: string, value: string] {
  const split = text.indexOf("=");
  if (split < 1) throw new InvalidArgumentError("Expected key=value.");
  return [text.slice(0, split), text.slice(split + 1)];
}

function parseShard(text: string): { readonly index: number; readonly count: number } {
  const [, index, count] = /^(\d+)\/(\d+)$/u.exec(text)?.map(Number) ?? [];
  if (index === undefined || count === undefined || index < 1 || index > count || !Number.isSafeInteger(count)) {
    throw new InvalidArgumentError("Expected i/n with i from 1 to n, such as 2/4.");
  }
  return { index, count };
}

function parseSample(text: string): number | `${number}%` {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/u.exec(text) ?? [];
  const value = Number(digits);
  if (percent === "%" && value > 0 && value <= 100) return `${value}%`;
  if (percent === "" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("Expected a whole number from 1 on, or a part such as 5%.");
}
