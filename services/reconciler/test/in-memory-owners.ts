import { isDeepStrictEqual } from "node:util";
import { ItsyError } from "@itsy/client";
import type { AdoptInput, AdoptOutcome, RegisterInput, RegisterOutcome } from "@itsy/contract";

import { type Key, stateOf } from "./in-memory-key.ts";

interface Binding {
  key: Key | null;
  /** Namespace and name of the owner. */
  readonly place?: string;
  released: boolean;
}

const placeOf = ({ namespace, name }: RegisterInput["owner"]): string => `${namespace}/${name}`;

/** Which owner has which key, by the owner's uid, and how it comes to it. */
export const createOwners = ({ keys, now }: { readonly keys: Key[]; readonly now: () => number }) => {
  const bindings = new Map<string, Binding>();

  const keyOf = (ownerUid: string): Key => {
    const key = bindings.get(ownerUid)?.key ?? null;
    if (key === null) throw new ItsyError("NOT_FOUND", "no key of this owner");
    return key;
  };

  const addVersion = (key: Key, input: RegisterInput): RegisterOutcome => {
    const validUntil = now() + input.deliverWithinMs;
    const { revision, secretSha256: sha256, displayPrefix } = input;
    key.versions.push({
      revision,
      sha256,
      displayPrefix,
      confirmedAt: null,
      lastUsedAt: null,
      accepted: 0,
      validUntil,
    });
    key.latestRevision = Math.max(key.latestRevision, revision);
    return { outcome: "registered", keyId: key.keyId, revision, deliverUntil: new Date(validUntil).toISOString() };
  };

  const createKey = (input: RegisterInput, binding: Binding): RegisterOutcome => {
    const { workspace, project, environment, settings } = input;
    const key: Key = {
      keyId: `key_${String(keys.length + 1).padStart(26, "0")}`,
      place: { workspace, project, environment },
      settings,
      pausedByPerson: false,
      revoked: false,
      revision: 0,
      latestRevision: 0,
      displayPrefix: null,
      versions: [],
    };
    keys.push(key);
    binding.key = key;
    return addVersion(key, input);
  };

  const register = (input: RegisterInput): RegisterOutcome => {
    const binding = bindings.get(input.owner.uid) ?? { key: null, released: false, place: placeOf(input.owner) };
    bindings.set(input.owner.uid, binding);
    if (binding.released) return { outcome: "released" };
    const { key } = binding;
    const { revision, secretSha256, replaceRevoked } = input;
    if (keys.some((other) => other !== key && other.versions.some(({ sha256 }) => sha256 === secretSha256)))
      return { outcome: "superseded", keyId: key?.keyId ?? "", revision };
    if (key === null) return createKey(input, binding);
    const { keyId } = key;
    const known = key.versions.find(({ sha256 }) => sha256 === secretSha256);
    if (key.revoked) {
      const isNew = known === undefined && revision > key.latestRevision;
      return replaceRevoked && isNew ? createKey(input, binding) : { outcome: "revoked", keyId };
    }
    const superseded = { outcome: "superseded", keyId, revision: key.latestRevision } as const;
    if (known !== undefined) {
      if (known.revision !== revision) return superseded;
      const state = stateOf(known, now());
      if (state === "current") return { outcome: "confirmed", keyId, revision };
      if (state === "pending" && revision <= key.revision) return superseded;
      if (state !== "pending") return known.confirmedAt === null ? { outcome: "expired", keyId, revision } : superseded;
      known.validUntil = now() + input.deliverWithinMs;
      return { outcome: "registered", keyId, revision, deliverUntil: new Date(known.validUntil).toISOString() };
    }
    const isOpen = key.versions.some((one) => one.revision === revision && stateOf(one, now()) === "pending");
    return revision > key.latestRevision || (isOpen && revision > key.revision) ? addVersion(key, input) : superseded;
  };

  const adopt = ({ owner, secretSha256, workspace, project, environment }: AdoptInput): AdoptOutcome => {
    const key = keys.find(({ versions }) => versions.some(({ sha256 }) => sha256 === secretSha256));
    const version = key?.versions.find(({ sha256 }) => sha256 === secretSha256);
    if (key === undefined || version === undefined) return { outcome: "refused" };
    const { keyId } = key;
    const adopted = {
      outcome: "adopted",
      keyId,
      revision: version.revision,
      effectiveEverywhere: true,
      waitedMs: 0,
    } as const;
    const own = bindings.get(owner.uid);
    if (own !== undefined) return own.key === key && !own.released ? adopted : { outcome: "refused" };
    if (key.revoked || stateOf(version, now()) === "ended") return { outcome: "refused" };
    if (!isDeepStrictEqual(key.place, { workspace, project, environment })) return { outcome: "refused" };
    const holder = [...bindings.values()].find((binding) => binding.key === key && !binding.released);
    if (holder === undefined || holder.place !== placeOf(owner)) return { outcome: "refused" };
    Object.assign(holder, { key: null, released: true });
    bindings.set(owner.uid, { key, released: false, place: placeOf(owner) });
    return adopted;
  };

  return { bindings, keyOf, register, adopt };
};
