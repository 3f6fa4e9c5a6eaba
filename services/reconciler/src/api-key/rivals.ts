import type { Delta, ObjectName } from "@itsy/controller-runtime";

import { type Claim, claimOf, createClaims, isOlder, positionIn } from "../grant/claims.ts";
import type { StoredApiKey } from "./resource.ts";

export const wantedTarget = ({ metadata, spec }: StoredApiKey): string =>
  `${metadata.namespace}/${spec.secret?.name ?? metadata.name}`;

/** Of ApiKeys that want the same Secret: who comes before whom. Asking costs no pass over all of them. */
export interface Rivals {
  readonly apply: (delta: Delta<StoredApiKey>) => void;
  /** The name of the one right before this one in the line for its Secret; `null` when it is the first. */
  readonly olderRivalOf: (apiKey: StoredApiKey) => string | null;
  /** Whom a change that was applied lets move up: who is first now, and who stood right behind the one that left. */
  readonly movedUp: (delta: Delta<StoredApiKey>) => readonly ObjectName[];
}

/** The one that does not want its Secret any more; `null` when the change is about something else. */
const leaver = (delta: Delta<StoredApiKey>): StoredApiKey | null => {
  if (delta.type === "added") return null;
  return delta.type === "updated" && wantedTarget(delta.object) === wantedTarget(delta.old) ? null : delta.old;
};

export const createRivals = (order: { readonly isOlder: typeof isOlder } = { isOlder }): Rivals => {
  const lines = createClaims({ lineOf: wantedTarget, ...order });
  return Object.freeze({
    apply: lines.apply,
    olderRivalOf: (apiKey: StoredApiKey) => {
      const line = lines.of(wantedTarget(apiKey));
      return line[positionIn(line, claimOf(apiKey), order.isOlder) - 1]?.name ?? null;
    },
    movedUp: (delta: Delta<StoredApiKey>) => {
      const left = leaver(delta);
      if (left === null) return [];
      const line = lines.of(wantedTarget(left));
      const next = new Set<Claim | undefined>([line[0], line[positionIn(line, claimOf(left), order.isOlder)]]);
      return [...next].flatMap((claim) =>
        claim === undefined ? [] : [{ namespace: claim.namespace, name: claim.name }],
      );
    },
  });
};
