import type { Generated } from "kysely";

/** The tables of every customer. */
export interface HelpDesk {
  tickets: {
    id: Generated<number>;
    subject: string;
    state: Generated<"open" | "closed">;
    embedding: Uint8Array;
  };
  agents: { name: string; closed: Generated<number> };
}
