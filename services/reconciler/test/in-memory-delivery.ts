import { type ItsyClient, ItsyError } from "@itsy/client";
import {
  AdoptInput,
  ConfigureInput,
  ConfirmInput,
  type DeliveryView,
  ObserveInput,
  RegisterInput,
  ReleaseInput,
  RetireInput,
} from "@itsy/contract";
import { secretSha256Hex } from "@itsy/key-format";

import { candidatesOf, type Key, retiringUntil, retiringVersion, stateOf, statusOf, viewOf } from "./in-memory-key.ts";
import { createOwners } from "./in-memory-owners.ts";

/** There is one process. */
const EVERYWHERE = Object.freeze({ effectiveEverywhere: true, waitedMs: 0 });

/** A management service in memory, with the outcomes that the contract describes. It never sees a secret. */
export const createInMemoryDelivery = () => {
  const keys: Key[] = [];
  const calls: string[] = [];
  let isDown = false;
  let isAllowed = true;
  let skewMs = 0;
  const now = (): number => Date.now() + skewMs;
  const { bindings, keyOf, register, adopt } = createOwners({ keys, now });

  const enter = (name: string): void => {
    if (isDown) throw new ItsyError("UNREACHABLE", "no answer from the service: connect ECONNREFUSED");
    calls.push(name);
  };

  /** Whether there is no such workspace, or the cluster may not act for it: nobody is told which. */
  const assertAllowed = (ownerUid: string | null = null): void => {
    if (isAllowed || (ownerUid !== null && !bindings.get(ownerUid)?.key)) return;
    throw new ItsyError("FORBIDDEN", "this cluster may not act for the workspace");
  };

  const observe = ({ ownerUid, candidates }: ObserveInput): DeliveryView => {
    const { key = null, released = false } = bindings.get(ownerUid) ?? {};
    const nowMs = now();
    return {
      at: new Date(nowMs).toISOString(),
      key: key === null ? null : viewOf(key, nowMs),
      candidates: key === null ? [] : candidatesOf(key, { candidates, nowMs }),
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
          retiringUntil: retiringUntil(key, now()),
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
      const retiring = retiringVersion(key, now());
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
