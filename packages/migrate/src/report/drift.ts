import type { Colors } from "../cli/io.ts";
import type { DiffLine, ObjectDiff } from "../drift/diff-shapes.ts";
import type { DriftShape, FleetDrift } from "../drift/fleet-drift.ts";
import { describeFailures } from "./failures.ts";
import { someNames, tenantCount } from "./groups.ts";

/** What `drift` tells people. */
export const describeDrift = { text, summary };

/** How many outliers are shown with their differences; the others are in the JSON. */
const shownShapes = 20;

/** How many shapes there are; each with its tenants, and for an outlier what it has that the reference has not, and the other way round. */
function text({ shapes, reference, counts }: FleetDrift, colors: Colors): string {
  const shown = shapes.slice(0, shownShapes);
  const parts = shown.map((shape) => describeShape(shape, reference, colors));
  if (shapes.length > shown.length)
    parts.push(`… and ${shapes.length - shown.length} more shapes (--json has them all)\n`);
  return [`${countShapes(counts)}\n`, ...parts].join("\n");
}

/** `3 shapes over 10,000 tenants` */
function countShapes({ shapes, read }: FleetDrift["counts"]): string {
  return `${shapes} ${shapes === 1 ? "shape" : "shapes"} over ${read.toLocaleString("en-US")} ${read === 1 ? "tenant" : "tenants"}`;
}

function describeShape(shape: DriftShape, reference: FleetDrift["reference"], colors: Colors): string {
  const { id, isReference, tenants, objects, diff } = shape;
  const role = isReference
    ? `the reference (${describeReference(reference)})`
    : someNames(tenants.map((name) => ({ name })));
  const head = `${colors.bold(id)}  ${tenantCount(tenants.length)}  ${role}\n`;
  if (isReference) return `${head}  ${objects.length} objects\n`;
  return head + diff.map((object) => describeObject(object, colors)).join("");
}

function describeReference({ kind, name }: FleetDrift["reference"]): string {
  return { largest: "most tenants have it", tenant: `tenant ${name}`, folder: `made by ${name}` }[kind];
}

function describeObject({ type, name, change, lines }: ObjectDiff, colors: Colors): string {
  const words = { missing: "is missing", added: "is added", changed: "is another" };
  return `  ${type} ${name} ${words[change]}\n${lines.map((line) => describeLine(line, colors)).join("")}`;
}

function describeLine({ in: where, text: line }: DiffLine, { red, green }: Colors): string {
  if (where === "both") return `      ${line}\n`;
  return where === "reference" ? red(`    - ${line}\n`) : green(`    + ${line}\n`);
}

function summary(drift: FleetDrift, colors: Colors): string {
  const { counts, failures, reference, isUniform, interrupted } = drift;
  const parts = [isUniform ? "no drift" : colors.yellow("drift")];
  if (counts.shapes === 1 && !isUniform) parts.push(colors.yellow(`no tenant has the shape of ${reference.name}`));
  if (counts.failed > 0) parts.push(colors.red(`${counts.failed} could not be read`));
  if (interrupted) parts.push(`${counts.notStarted} not looked at`);
  return `${describeFailures(failures, colors)}${tenantCount(counts.total)}: ${parts.join(", ")}.\n`;
}
