import { onEveryEngine } from "../src/engine-suite.ts";
import { statements } from "../src/suites/statements.ts";

onEveryEngine("statements", statements);
