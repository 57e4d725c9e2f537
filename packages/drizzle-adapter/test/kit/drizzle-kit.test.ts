import { kitSuite } from "./kit-suite.ts";

kitSuite("v0");
