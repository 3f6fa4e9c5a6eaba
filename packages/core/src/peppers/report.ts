import type { PepperHolders, PepperHoldersInput, PepperReport, PepperView } from "@itsy/contract";
import type { PepperRing } from "@itsy/key-format";

import type { InstallationActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import type { StoredPepper } from "../entities.ts";
import type { PepperUsage, Stores } from "../ports.ts";
import { workspaceSlugs } from "../workspace-slugs.ts";

const hereOf = (ring: PepperRing, version: number): PepperView["here"] => {
  if (version === ring.current) return "current";
  return ring.peppers.has(version) ? "live" : "missing";
};

export interface Pepper {
  readonly stored: StoredPepper | undefined;
  readonly usage: PepperUsage;
}

/** Every pepper that anybody told or that anything needs, by version. */
export const listPeppers = async (stores: Stores, ring: PepperRing, at: Date): Promise<readonly Pepper[]> => {
  const stored = new Map((await stores.peppers.list()).map((pepper) => [pepper.version, pepper]));
  const used = new Map((await stores.peppers.usage(at)).map((usage) => [usage.version, usage]));
  return [...new Set([...stored.keys(), ...used.keys(), ...ring.peppers.keys()])]
    .toSorted((a, b) => a - b)
    .map((version) => ({
      stored: stored.get(version),
      usage: used.get(version) ?? { version, secrets: 0, tokens: 0 },
    }));
};

export const viewPepper = (ring: PepperRing, { stored, usage }: Pepper): PepperView => ({
  ...usage,
  here: hereOf(ring, usage.version),
  firstSeenAt: stored?.firstSeenAt?.toISOString() ?? null,
  retiredAt: stored?.retiredAt?.toISOString() ?? null,
});

type ReportDeps = Pick<DomainDeps, "database" | "clock" | "peppers">;

/** How much still needs each pepper. Reads one index over all secret versions. */
export const createPepperReport =
  ({ database, clock, peppers: ring }: ReportDeps) =>
  async (_actor: InstallationActor): Promise<PepperReport> => {
    const found = await listPeppers(database.read, ring, clock.now());
    return { peppers: found.map((pepper) => viewPepper(ring, pepper)) };
  };

/** What still needs a pepper: keys first, then tokens. */
export const createListHolders =
  ({ database, clock }: ReportDeps) =>
  async (_actor: InstallationActor, { version, limit, cursor }: PepperHoldersInput): Promise<PepperHolders> => {
    const stores = database.read;
    // One more than asked tells whether another page follows.
    const page = { at: clock.now(), after: cursor, limit: limit + 1 };
    const found = await stores.peppers.holders(version, page);
    const holders = found.slice(0, limit);
    const slugs = await workspaceSlugs(stores, holders);
    return {
      holders: holders.map(({ type, id, workspaceId, displayPrefix }) => ({
        type,
        id,
        workspace: slugs.get(workspaceId) ?? null,
        displayPrefix,
      })),
      nextCursor: found.length > limit ? (holders.at(-1)?.place ?? null) : null,
    };
  };
