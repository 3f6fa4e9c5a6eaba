import { isDeepStrictEqual } from "node:util";
import { type ItsyClient, ItsyError } from "@itsy/client";
import {
  AdoptInput,
  type AdoptOutcome,
  ConfigureInput,
  ConfirmInput,
  type DeliverySettings,
  type DeliveryView,
  ObserveInput,
  RegisterInput,
  type RegisterOutcome,
  ReleaseInput,
  RetireInput,
  type VersionState,
} from "@itsy/contract";
import { secretSha256Hex } from "@itsy/key-format";

interface Version {
  readonly revision: number;
  readonly sha256: string;
  readonly displayPrefix: string;
  confirmedAt: number | null;
  lastUsedAt: number | null;
  /** Since it is on its way out. */
  accepted: number;
  validUntil: number | null;
}

interface Key {
  readonly keyId: string;
  readonly place: Pick<RegisterInput, "workspace" | "project" | "environment">;
  settings: DeliverySettings;
  pausedByPerson: boolean;
  revoked: boolean;
  revision: number;
  latestRevision: number;
  displayPrefix: string | null;
  readonly versions: Version[];
}

interface Binding {
  key: Key | null;
  /** Namespace and name of the owner. */
  readonly place?: string;
  released: boolean;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const stateOf = ({ confirmedAt, validUntil }: Version, nowMs: number): VersionState => {
  if (validUntil !== null && validUntil <= nowMs) return "ended";
  if (confirmedAt === null) return "pending";
  return validUntil === null ? "current" : "retiring";
};

const placeOf = ({ namespace, name }: RegisterInput["owner"]): string => `${namespace}/${name}`;

const statusOf = (key: Key, nowMs: number) => {
  if (key.revoked) return "revoked" as const;
  if (key.pausedByPerson || key.settings.paused) return "paused" as const;
  const { expiresAt } = key.settings;
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs ? ("expired" as const) : ("active" as const);
};

/** There is one process. */
const EVERYWHERE = Object.freeze({ effectiveEverywhere: true, waitedMs: 0 });

/** A management service in memory, with the outcomes that the contract describes. It never sees a secret. */
export const createInMemoryDelivery = () => {
  const bindings = new Map<string, Binding>();
  const keys: Key[] = [];
  const calls: string[] = [];
  let isDown = false;
  let isAllowed = true;
  let skewMs = 0;
  const now = (): number => Date.now() + skewMs;

  const enter = (name: string): void => {
    if (isDown) throw new ItsyError("UNREACHABLE", "no answer from the service: connect ECONNREFUSED");
    calls.push(name);
  };

  /** Whether there is no such workspace, or the cluster may not act for it: nobody is told which. */
  const assertAllowed = (ownerUid: string | null = null): void => {
    if (isAllowed || (ownerUid !== null && !bindings.get(ownerUid)?.key)) return;
    throw new ItsyError("FORBIDDEN", "this cluster may not act for the workspace");
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

  const keyOf = (ownerUid: string): Key => {
    const key = bindings.get(ownerUid)?.key ?? null;
    if (key === null) throw new ItsyError("NOT_FOUND", "no key of this owner");
    return key;
  };

  const retiringVersion = (key: Key) => key.versions.find((version) => stateOf(version, now()) === "retiring");
  const retiringUntil = (key: Key): string | null => iso(retiringVersion(key)?.validUntil ?? null);
  const retiringOf = (key: Key): NonNullable<DeliveryView["key"]>["retiring"] => {
    const { revision = 0, validUntil = null, lastUsedAt = null, accepted = 0 } = retiringVersion(key) ?? {};
    const until = iso(validUntil);
    return until === null ? null : { revision, validUntil: until, lastUsedAt: iso(lastUsedAt), accepted };
  };

  const viewOf = (key: Key): NonNullable<DeliveryView["key"]> => {
    const current = key.versions.find((version) => stateOf(version, now()) === "current");
    const { keyId, place, settings, pausedByPerson, displayPrefix, revision, latestRevision } = key;
    return {
      keyId,
      ...place,
      settings,
      pausedByPerson,
      displayPrefix,
      revision,
      latestRevision,
      status: statusOf(key, now()),
      rotatedAt: iso(current?.confirmedAt ?? null),
      retiringUntil: retiringUntil(key),
      retiring: retiringOf(key),
    };
  };

  const adopt = ({ owner, secretSha256, workspace, project, environment }: AdoptInput): AdoptOutcome => {
    const key = keys.find(({ versions }) => versions.some(({ sha256 }) => sha256 === secretSha256));
    const version = key?.versions.find(({ sha256 }) => sha256 === secretSha256);
    if (key === undefined || version === undefined) return { outcome: "refused" };
    const adopted = { outcome: "adopted", keyId: key.keyId, revision: version.revision } as const;
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

  const observe = ({ ownerUid, candidates }: ObserveInput): DeliveryView => {
    const { key = null, released = false } = bindings.get(ownerUid) ?? {};
    const known = (key?.versions ?? []).filter(({ sha256 }) => candidates.includes(sha256));
    return {
      at: new Date(now()).toISOString(),
      key: key === null ? null : viewOf(key),
      candidates: known.map((version) => ({
        secretSha256: version.sha256,
        revision: version.revision,
        state: stateOf(version, now()),
        validUntil: iso(version.validUntil),
      })),
      released,
    };
  };

  const delivery: ItsyClient["delivery"] = {
    observe: async (raw) => {
      enter("observe");
      const input = ObserveInput.parse(raw);
      assertAllowed(input.ownerUid);
      return observe(input);
    },
    register: async (raw) => {
      enter("register");
      assertAllowed();
      return register(RegisterInput.parse(raw));
    },
    confirm: async (raw) => {
      enter("confirm");
      const { revision, secretSha256, overlapMs, ownerUid, candidates } = ConfirmInput.parse(raw);
      const key = keyOf(ownerUid);
      const next = key.versions.find(({ sha256 }) => sha256 === secretSha256);
      if (next === undefined || next.revision !== revision || key.revoked) return { outcome: "refused" };
      const confirmed = () =>
        ({
          outcome: "confirmed",
          keyId: key.keyId,
          revision,
          retiringUntil: retiringUntil(key),
          view: observe({ ownerUid, candidates }),
          ...EVERYWHERE,
        }) as const;
      const state = stateOf(next, now());
      if (state === "current") return confirmed();
      if (state !== "pending" || revision <= key.revision) return { outcome: "refused" };
      for (const version of key.versions) {
        if (version === next || stateOf(version, now()) === "pending") continue;
        const end = stateOf(version, now()) === "current" ? now() + overlapMs : now();
        version.validUntil = Math.min(version.validUntil ?? end, end);
      }
      Object.assign(next, { confirmedAt: now(), validUntil: null });
      Object.assign(key, { revision, displayPrefix: next.displayPrefix });
      return confirmed();
    },
    configure: async (raw) => {
      enter("configure");
      const { owner, settings } = ConfigureInput.parse(raw);
      const key = keyOf(owner.uid);
      if (key.revoked) throw new ItsyError("CONFLICT", "the key is revoked");
      key.settings = settings;
      return { keyId: key.keyId, status: statusOf(key, now()), ...EVERYWHERE };
    },
    release: async (raw) => {
      enter("release");
      const { ownerUid, policy } = ReleaseInput.parse(raw);
      assertAllowed(ownerUid);
      const binding = bindings.get(ownerUid) ?? { key: null, released: false };
      bindings.set(ownerUid, binding);
      if (binding.key !== null && !binding.released && policy === "revoke") binding.key.revoked = true;
      binding.released = true;
      return { keyId: binding.key?.keyId ?? null, ...EVERYWHERE };
    },
    retire: async (raw) => {
      enter("retire");
      const { ownerUid, revision, idleForMs } = RetireInput.parse(raw);
      const key = keyOf(ownerUid);
      const retiring = retiringVersion(key);
      if (retiring?.revision !== revision) return { outcome: "ended", ...EVERYWHERE };
      const current = key.versions.find((version) => stateOf(version, now()) === "current");
      const idleAt = Math.max(retiring.lastUsedAt ?? 0, current?.confirmedAt ?? 0) + idleForMs;
      if (idleAt > now()) return { outcome: "inUse", idleAt: new Date(idleAt).toISOString() };
      retiring.validUntil = now();
      return { outcome: "ended", ...EVERYWHERE };
    },
    adopt: async (raw) => {
      enter("adopt");
      assertAllowed();
      return adopt(AdoptInput.parse(raw));
    },
  };

  return {
    client: { delivery },
    keys: keys as readonly Key[],
    /** Names of the calls that were answered. */
    calls: calls as readonly string[],
    keyOf,
    isReleased: (ownerUid: string) => bindings.get(ownerUid)?.released ?? false,
    setDown: (down: boolean) => {
      isDown = down;
    },
    /** The workspace goes, or the cluster's access to it; and comes back. */
    setAllowed: (allowed: boolean) => {
      isAllowed = allowed;
    },
    /** As a person does it, after revoking it: the owner keeps the mark of a release. */
    deleteKey: (ownerUid: string) => {
      keys.splice(keys.indexOf(keyOf(ownerUid)), 1);
      bindings.set(ownerUid, { key: null, released: true });
    },
    /** Moves the service's clock. */
    advance: (ms: number) => {
      skewMs += ms;
    },
    /** Whether a secret is accepted now. */
    verify: (secret: string): boolean => {
      const sha256 = secretSha256Hex(secret);
      return keys.some(
        (key) =>
          statusOf(key, now()) === "active" &&
          key.versions.some((version) => version.sha256 === sha256 && stateOf(version, now()) !== "ended"),
      );
    },
    /** A request with the secret, accepted. */
    use: (secret: string): void => {
      const version = keys.flatMap((key) => key.versions).find(({ sha256 }) => sha256 === secretSha256Hex(secret));
      if (version === undefined || stateOf(version, now()) === "ended") throw new Error("refused");
      version.lastUsedAt = now();
      if (stateOf(version, now()) === "retiring") version.accepted += 1;
    },
    /** Versions that work now, over all keys that are not revoked; without candidates that another one was chosen over. */
    workingVersions: () =>
      keys
        .filter(({ revoked }) => !revoked)
        .flatMap(({ versions, revision: chosen }) =>
          versions.filter((version) => {
            const state = stateOf(version, now());
            return state !== "ended" && !(state === "pending" && version.revision <= chosen);
          }),
        ),
  };
};
export type InMemoryDelivery = ReturnType<typeof createInMemoryDelivery>;
