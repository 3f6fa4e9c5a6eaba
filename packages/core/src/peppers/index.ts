import type { DomainDeps } from "../deps.ts";
import { createListHolders, createPepperReport } from "./report.ts";
import { createRetirePepper } from "./retire.ts";

/** What an operator does with peppers. */
export const createPeppers = (deps: DomainDeps) =>
  Object.freeze({
    report: createPepperReport(deps),
    holders: createListHolders(deps),
    retire: createRetirePepper(deps),
  });
export type Peppers = ReturnType<typeof createPeppers>;
