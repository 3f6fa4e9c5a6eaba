import type { ApiKey } from "@itsy/core";

/**
 * Where a key stands for lists, as one small number in its row: so that an index that begins with it serves any choice of
 * environment, state and owner. Derived from the facts, which decide; `expired` is put in by a job, and may be late.
 */
export interface Facet {
  readonly environment: ApiKey["environment"];
  readonly state: FacetState;
  /** Whether an `ApiKey` owns the key. */
  readonly isManaged: boolean;
}

export type FacetState = "live" | "paused" | "expired" | "revoked";

// Stored: their order never changes.
const environments = ["production", "preview", "local"] as const satisfies readonly ApiKey["environment"][];
const states = ["live", "paused", "expired", "revoked"] as const satisfies readonly FacetState[];

export const facetNumber = ({ environment, state, isManaged }: Facet): number =>
  (environments.indexOf(environment) * states.length + states.indexOf(state)) * 2 + Number(isManaged);

/** What is left out may be anything. */
export interface FacetChoice {
  readonly environment?: ApiKey["environment"] | undefined;
  readonly states?: readonly FacetState[] | undefined;
  readonly managed?: boolean | undefined;
}

/** The numbers of all facets that are meant; 24 when nothing is said. */
export const facetNumbers = (choice: FacetChoice): readonly number[] =>
  environments
    .filter((environment) => choice.environment === undefined || choice.environment === environment)
    .flatMap((environment) => (choice.states ?? states).map((state) => ({ environment, state })))
    .flatMap((part) =>
      [false, true]
        .filter((isManaged) => choice.managed === undefined || choice.managed === isManaged)
        .map((isManaged) => facetNumber({ ...part, isManaged })),
    );

export const stateOf = (facet: number): FacetState => {
  const state = states[Math.floor(facet / 2) % states.length];
  if (state === undefined) throw new RangeError(`no facet ${facet}`);
  return state;
};

/** The facet of the same key once it is found to be expired. */
export const expiredFacet = (facet: number): number =>
  facet + 2 * (states.indexOf("expired") - states.indexOf(stateOf(facet)));

/** What may be expired by its facts and not by its facet: the job has not come by yet. */
export const unmarked: readonly FacetState[] = ["live", "paused"];

/** By the facts alone, without a look at a clock. */
export const stateByFacts = ({ revokedAt, pausedAt }: { revokedAt: unknown; pausedAt: unknown }): FacetState => {
  if (revokedAt !== null) return "revoked";
  return pausedAt === null ? "live" : "paused";
};
