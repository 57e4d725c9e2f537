/** What one look at a set-up found. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly name: string;
  /** `"warning"`: it works, but not as well as it could. `"problem"`: something will fail. */
  readonly state: "ok" | "warning" | "problem";
  /** What is there. */
  readonly message: string;
  /** What to do about it; only where there is something. */
  readonly cure?: string;
}

/** Runs the check; what it throws is a problem too. */
export async function checkOf(name: string, cure: string, look: () => Promise<Omit<Check, "name">>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    return { name, state: "problem", message: error instanceof Error ? error.message : String(error), cure };
  }
}
