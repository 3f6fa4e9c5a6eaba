import { digestWith } from "@itsy/key-format";

import type { DomainDeps } from "../deps.ts";
import type { OldPepper } from "./old-pepper.ts";

/**
 * Writes digests under the current pepper in place of those under an old one, where those still stand: two replicas may
 * do the same at once. Nothing else of a key changes, so other replicas are told nothing. How many were written.
 */
export const createRepepper =
  ({ database, peppers: ring }: Pick<DomainDeps, "database" | "peppers">) =>
  (found: readonly OldPepper[]): Promise<number> => {
    const { current: pepperVersion } = ring;
    const changes = found
      .map(({ kind, secretSha256, pepperVersion: old }) => ({
        kind,
        from: digestWith(ring, old, secretSha256),
        to: digestWith(ring, pepperVersion, secretSha256),
        pepperVersion,
      }))
      // In one order, so that two replicas do not wait for each other.
      .toSorted((a, b) => Buffer.compare(a.from, b.from));
    return database.transaction(async ({ peppers }) => {
      let written = 0;
      for (const change of changes) if (await peppers.repepper(change)) written += 1;
      return written;
    });
  };
