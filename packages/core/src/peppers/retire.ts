import { PEPPER_CONFIRM_MAX, type RetiredPepper, type RetirePepperInput } from "@itsy/contract";

import type { InstallationActor } from "../access/actor.ts";
import { type Doing, type Ledger, record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import { DomainError, notFound } from "../errors.ts";
import { ENDED_EVERYWHERE } from "../keys/make-current.ts";
import { ConcurrentChange, type PepperHolder, type PepperUsage, type Stores } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { listPeppers, viewPepper } from "./report.ts";

const requireConfirmed = ({ version, secrets, tokens }: PepperUsage, confirmCount: number | undefined): void => {
  const count = secrets + tokens;
  if (count === 0 || count === confirmCount) return;
  const how =
    count > PEPPER_CONFIRM_MAX
      ? "wait for them to be used, or have them rotated or revoked"
      : `wait for them to be used, have them rotated or revoked, or end them with confirmCount ${count}`;
  throw new DomainError(
    "CONFLICT",
    `${secrets} working secrets and ${tokens} tokens need the pepper of version ${version}: ${how}`,
  );
};

interface Ending {
  readonly stores: Stores;
  readonly ledger: Ledger;
  readonly doing: Doing;
  /** Of the pepper. */
  readonly version: number;
}

/** The guard of a key: whoever rotates it or confirms a version of it at the same time would undo the end, and looks again. */
const guard = async ({ stores, doing }: Ending, { workspaceId, id }: PepperHolder): Promise<void> => {
  const key = workspaceId === null ? null : await stores.keys.findById(workspaceId, id);
  if (key === null) throw new ConcurrentChange("the key");
  await stores.keys.update(key, { updatedAt: doing.now });
};

/** Under the condition that it still needs the pepper: a replica may move it at any time before. */
const end = async (ending: Ending, holder: PepperHolder): Promise<void> => {
  const { stores, ledger, doing, version } = ending;
  const { type, id, workspaceId } = holder;
  await stores.peppers.end(holder, { version, endedAt: type === "token" ? doing.now : ENDED_EVERYWHERE });
  if (type === "key") await guard(ending, holder);
  await record(ledger, doing, {
    workspaceId,
    target: { type, id },
    before: type === "token" ? { revokedAt: null } : { endedRevision: null },
    after: type === "token" ? { revokedAt: doing.now } : { endedRevision: holder.revision },
  });
};

/**
 * Ends a pepper: from now on it may leave the settings of every replica, and its number is never used again. What still
 * needs it is ended with it, everywhere when the call returns with `effectiveEverywhere: true`; the keys stay, and can
 * be rotated. What is presented meanwhile, and moves to the current pepper by that, is not ended: the count is another
 * one then. Idempotent.
 * @throws DomainError `NOT_FOUND`; `CONFLICT` for the current pepper, and where something needs it and `confirmCount` is
 * not how much.
 */
export const createRetirePepper =
  ({ database, clock, ids, peppers: ring }: DomainDeps) =>
  async (actor: InstallationActor, { version, confirmCount }: RetirePepperInput): Promise<RetiredPepper> => {
    const { result, everywhere } = await database.commit(async (stores) => {
      const now = clock.now();
      const find = async () =>
        (await listPeppers(stores, ring, now)).find(({ usage }) => usage.version === version) ?? null;
      const pepper = await find();
      if (pepper === null) throw notFound("pepper");
      if (version === ring.current) {
        throw new DomainError("CONFLICT", "new secrets are stored under this pepper: move PEPPER_CURRENT first");
      }
      requireConfirmed(pepper.usage, confirmCount);
      const doing: Doing = { actor, action: "peppers.retire", now };
      const ending = { stores, ledger: { ids, stores }, doing, version };
      const holders = await stores.peppers.holders(version, { at: now, limit: PEPPER_CONFIRM_MAX });
      for (const holder of holders) await end(ending, holder);
      const retiredBefore = pepper.stored?.retiredAt ?? null;
      // What that call ended is not known any more, and may not be over everywhere. No key goes by this name: what was
      // committed before is followed before it.
      if (retiredBefore !== null) stores.keys.announce(String(version));
      const retiredAt = retiredBefore ?? now;
      await stores.peppers.retire(version, retiredAt);
      await record(ending.ledger, doing, {
        workspaceId: null,
        target: { type: "pepper", id: String(version) },
        before: { retiredAt: retiredBefore },
        after: { retiredAt },
      });
      const after = await find();
      if (after === null) throw new Error(`the pepper of version ${version} is gone`);
      return viewPepper(ring, after);
    });
    return { ...result, ...everywhereOf(await everywhere) };
  };
