import { type ApiKey, type KeyFilter, type KeyListing, type KeyPlace, keyStatus } from "@itsy/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../../test/database/fresh-database.ts";
import { createRows } from "../../../test/database/rows.ts";
import { storeTenant } from "../../../test/database/tenant.ts";
import type { OpenDatabase } from "../open-database.ts";

const at = new Date("2027-06-01T00:00:00.000Z");
const instants = [null, new Date(at.getTime() - 1000), at, new Date(at.getTime() + 1000)];
// Lower case and ASCII: every database has the same order for them. One has what LIKE would take for a pattern.
const names = ["alpha", "alpine", "beta", "a_pha", "100% x", "!x"];
// Two differ in nothing but case: they are prefixes of two secrets.
const prefixes = ["itsy_local_sk_aaaa", "itsy_local_sk_aAAa", "itsy_local_sk_bbbb", null];
const pick = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;

const valueOf = (key: ApiKey, sort: KeyListing["sort"]): string | number | null => {
  if (sort === "created") return null;
  if (sort === "name") return key.name;
  return (sort === "lastUsed" ? key.lastUsedAt : key.expiresAt)?.getTime() ?? null;
};

const compare = (a: string | number | null, b: string | number | null): number => {
  if (a === b) return 0;
  if (a === null) return -1;
  return b !== null && a > b ? 1 : b === null ? 1 : -1;
};

describe.each(databaseKinds)("lists of keys on %s", (kind) => {
  let opened: OpenDatabase;
  let keys: readonly ApiKey[];
  let owned: ReadonlySet<string>;
  let workspaceId: string;
  let projectIds: readonly string[];

  beforeAll(async () => {
    opened = await openFreshDatabase(kind);
    const rows = createRows();
    const { owner, workspace } = await storeTenant(opened.database, rows);
    const foreign = await storeTenant(opened.database, rows);
    const second = rows.project({ workspaceId: workspace.id });
    workspaceId = workspace.id;
    projectIds = [owner.projectId, second.id];
    keys = Array.from({ length: 60 }, (_, index) =>
      rows.key({
        ...owner,
        projectId: pick(projectIds, index),
        name: pick(names, index * 7),
        environment: pick(["production", "preview", "local"], index),
        expiresAt: pick(instants, index),
        lastUsedAt: pick(instants, Math.floor(index / 3)),
        pausedAt: pick(instants.slice(0, 2), Math.floor(index / 5)),
        revokedAt: index % 9 === 0 ? at : null,
        displayPrefix: pick(prefixes, index),
      }),
    );
    const cluster = rows.cluster();
    const bindings = keys
      .filter((_, index) => index % 4 === 0)
      .map((key, index) =>
        rows.binding({ clusterId: cluster.id, keyId: key.id, releasedAt: index % 2 === 0 ? at : null }),
      );
    owned = new Set(bindings.filter(({ releasedAt }) => releasedAt === null).map(({ keyId }) => keyId ?? ""));
    await opened.database.transaction(async (stores) => {
      await stores.projects.insert(second);
      await stores.clusters.insert(cluster);
      for (const key of [...keys, rows.key({ ...foreign.owner, name: "alpha" })]) await stores.keys.insert(key);
      for (const binding of bindings) await stores.bindings.insert(binding);
    });
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const isMeant = (filter: KeyFilter) => (key: ApiKey) =>
    (filter.projectId === undefined || key.projectId === filter.projectId) &&
    (filter.environment === undefined || key.environment === filter.environment) &&
    (filter.status === undefined || keyStatus(key, at) === filter.status) &&
    (filter.managed === undefined || owned.has(key.id) === filter.managed) &&
    (filter.namePrefix === undefined || key.name.startsWith(filter.namePrefix)) &&
    (filter.displayPrefix === undefined || key.displayPrefix === filter.displayPrefix);

  const filters = fc
    .record(
      {
        projectId: fc.nat(1),
        environment: fc.constantFrom("production" as const, "preview" as const, "local" as const),
        status: fc.constantFrom("active" as const, "paused" as const, "expired" as const, "revoked" as const),
        managed: fc.boolean(),
        namePrefix: fc.constantFrom("a", "al", "alp", "a_", "100%", "!", "%", "zzz"),
        displayPrefix: fc.constantFrom("itsy_local_sk_aaaa", "itsy_local_sk_aAAa", "itsy_local_sk_AAAA"),
      },
      { requiredKeys: [] },
    )
    .map(
      ({ projectId, ...rest }): KeyFilter => ({
        ...rest,
        ...(projectId !== undefined && { projectId: projectIds[projectId] }),
        workspaceId,
        at,
      }),
    );

  const ofAnyStatus = filters.map((filter): KeyFilter => ({ ...filter, status: undefined }));

  /** The job has found some of the expired keys, and is late for those that expire at the instant of the questions. */
  const moments = ["before the job was here", "after it marked some expired keys"] as const;
  const reach = async (moment: (typeof moments)[number]) => {
    if (moment !== moments[1]) return;
    await opened.markExpired(new Date(at.getTime() - 500));
  };

  test.each(moments)(
    "%s, whatever the filter and the sort: the pages together are the list, in its order",
    async (moment) => {
      await reach(moment);
      const listings = fc.record({
        sort: fc.constantFrom("created" as const, "name" as const, "lastUsed" as const, "expires" as const),
        order: fc.constantFrom("asc" as const, "desc" as const),
        limit: fc.integer({ min: 1, max: 70 }),
      });
      await fc.assert(
        fc.asyncProperty(filters, listings, async (filter, listing) => {
          const { sort, order } = listing;
          const ascending = keys
            .filter(isMeant(filter))
            .toSorted((a, b) => compare(valueOf(a, sort), valueOf(b, sort)) || compare(a.id, b.id));
          const expected = order === "asc" ? ascending : ascending.toReversed();
          const seen: string[] = [];
          let after: KeyPlace | undefined;
          do {
            const page = await opened.database.read.keys.list(filter, { ...listing, after });
            seen.push(...page.keys.map(({ id }) => id));
            if (page.next !== null) expect(page.keys).toHaveLength(listing.limit);
            after = page.next ?? undefined;
          } while (after !== undefined && seen.length < 200);
          expect(seen).toEqual(expected.map(({ id }) => id));
        }),
        { numRuns: 60 },
      );
    },
    60_000,
  );

  test.each(moments)("%s, whatever the filter: the counts are those of the list", async (moment) => {
    await reach(moment);
    await fc.assert(
      fc.asyncProperty(ofAnyStatus, async (filter) => {
        const counts = await opened.database.read.keys.count(filter);
        const expected = { active: 0, paused: 0, expired: 0, revoked: 0, isCapped: false };
        for (const key of keys.filter(isMeant(filter))) expected[keyStatus(key, at)] += 1;
        expect(counts).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});
