import { onEveryEngine } from "../src/engine-suite.ts";
import { capabilities } from "../src/suites/capabilities.ts";

onEveryEngine("capabilities", capabilities);
