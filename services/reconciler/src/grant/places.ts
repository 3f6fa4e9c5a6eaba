import type { Delta } from "@itsy/controller-runtime";

import type { StoredApiKey } from "../api-key/resource.ts";
import { type Claim, claimOf, isOlder, putInLine, removeFromLine } from "./claims.ts";
import { fits, type LabelsOf } from "./fits.ts";
import type { WorkspaceGrant } from "./resource.ts";

type Grant = Pick<WorkspaceGrant, "spec">;

/** Who has a place in a grant that gives so many: the oldest of those that fit it in everything else. */
export interface Places {
  readonly hasRoom: (grant: Grant, claim: Claim) => boolean;
  /** To be called after the claims have heard of it. */
  readonly apply: (delta: Delta<StoredApiKey>) => void;
  /** Labels of namespaces changed: whom a selector selects has to be found out again. */
  readonly forget: () => void;
}

export interface PlacesDeps {
  /** Those of a workspace. An object stands for one state of its grant. */
  readonly grantsOf: (workspace: string) => readonly Grant[];
  /** Those of a workspace, the oldest first. */
  readonly claimsOf: (workspace: string) => readonly Claim[];
  readonly labelsOf: LabelsOf;
}

/**
 * For each grant with a bound the claims that fit it are kept in line: who asks compares itself with the last that has
 * a place, and walks past nobody.
 */
export const createPlaces = ({ grantsOf, claimsOf, labelsOf }: PlacesDeps): Places => {
  let lines = new WeakMap<Grant, Claim[]>();

  const lineFor = (grant: Grant): readonly Claim[] => {
    const { spec } = grant;
    const line = lines.get(grant) ?? claimsOf(spec.workspace).filter((claim) => fits(spec, claim, labelsOf));
    lines.set(grant, line);
    return line;
  };

  const each = (apiKey: StoredApiKey, change: (line: Claim[], claim: Claim, grant: Grant) => void): void => {
    const claim = claimOf(apiKey);
    for (const grant of grantsOf(claim.workspace)) {
      const line = lines.get(grant);
      if (line !== undefined) change(line, claim, grant);
    }
  };

  return Object.freeze({
    hasRoom: (grant: Grant, claim: Claim) => {
      const { maxKeys } = grant.spec;
      if (maxKeys === undefined) return true;
      if (maxKeys === 0) return false;
      const last = lineFor(grant)[maxKeys - 1];
      return last === undefined || !isOlder(last, claim);
    },
    apply: (delta: Delta<StoredApiKey>) => {
      if (delta.type !== "added") each(delta.old, (line, claim) => removeFromLine(line, claim));
      if (delta.type !== "deleted")
        each(delta.object, (line, claim, { spec }) => {
          if (fits(spec, claim, labelsOf)) putInLine(line, claim);
        });
    },
    forget: () => {
      lines = new WeakMap();
    },
  });
};
