import type { Clock, IdKind, IdSource } from "@itsy/core";
import { monotonicFactory } from "ulid";

/** Ids that sort by creation within this process, also where several are made in one millisecond. */
export const createUlidSource = (clock: Clock): IdSource => {
  const next = monotonicFactory();
  return Object.freeze({ next: (kind: IdKind) => `${kind}_${next(clock.now().getTime()).toLowerCase()}` });
};
