import { onEveryEngine } from "../src/engine-suite.ts";
import { transactions } from "../src/suites/transactions.ts";

onEveryEngine("transactions", transactions);
