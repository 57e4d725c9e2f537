import type { TestProject } from "vitest/node";
import { generateClient } from "./generate-client.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** URL of the generated `client.ts`. */
    prismaClientUrl: string;
  }
}

/** Generates the Prisma client once, before the first test file. */
export async function setup(project: TestProject): Promise<void> {
  project.provide("prismaClientUrl", await generateClient());
}
