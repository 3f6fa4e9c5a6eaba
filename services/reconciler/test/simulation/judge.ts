import { type Secret, Secrets, type Stored } from "@itsy/controller-runtime";

import { annotations } from "../../src/api-key/names.ts";
import { ApiKeys, type StoredApiKey } from "../../src/api-key/resource.ts";
import { PREVIOUS_SUFFIX } from "../../src/api-key/template.ts";
import { DATA_KEY, NAMESPACE, OBJECT, textOf, type World } from "./world.ts";

/** The promise that was broken, in words. */
export class Violation extends Error {
  override readonly name = "Violation";
}

const isOver = (instant: Date | null, now: Date) => instant !== null && instant <= now;

/** Looks after every step. Keeps what it has to remember of the steps before. */
export const createJudge = (world: World) => {
  const { service, apiServer } = world;
  const values = new Map<string, Set<string>>();
  const revisions = new Map<string, number>();
  const readableEver = new Set<string>();
  const confirmed = new Set<string>();
  /** By the Secret's name. */
  const last = new Map<string, string | null>();
  const lastPrevious = new Map<string, string | null>();

  const judgeReadable = (owner: string, value: string, isNew: boolean) => {
    const known = service.find(value);
    if (known === null) throw new Violation("a value can be read that the service does not know");
    const { version, key } = known;
    if (key.revokedAt !== null) {
      // A person did that. The release of a deleted ApiKey comes after its Secret is gone; but who published for it and
      // has not heard of the deletion yet may be later still, and takes it back when it hears.
      const apiKey = apiServer.get(ApiKeys, OBJECT);
      const isMeant = apiKey?.metadata.uid !== owner || apiKey.metadata.deletionTimestamp !== undefined;
      if (isMeant || service.rows.bindings.get(owner)?.releasedAt == null) return;
      throw new Violation("a value can be read whose key was released");
    }
    if (!isOver(version.validUntil, world.now())) return;
    // It worked when it became readable, and nobody was there to confirm it in time: the price of a deadline.
    const hasMissedDeadline = version.confirmedAt === null && version.validUntil?.getTime() !== 0;
    if (isNew || !hasMissedDeadline) throw new Violation("a value can be read that does not work");
  };

  const judgeTarget = (secret: Stored<Secret>) => {
    const { name } = secret.metadata;
    const owner = secret.metadata.ownerReferences?.[0]?.uid ?? "";
    const value = textOf(secret);
    if (value === null || world.foreign.has(value)) return;
    values.set(owner, (values.get(owner) ?? new Set()).add(value));
    judgeReadable(owner, value, value !== last.get(name));
    last.set(name, value);
    readableEver.add(value);
    const revision = Number(secret.metadata.annotations?.[annotations.revision] ?? 0);
    const place = `${owner}/${name}`;
    if (revision < (revisions.get(place) ?? 0)) throw new Violation("the revision in the Secret went back");
    revisions.set(place, revision);
  };

  /** The value before works when it comes to lie beside the new one. Later it goes at the next look. */
  const judgePrevious = (secret: Stored<Secret>) => {
    const { name } = secret.metadata;
    const previous = textOf(secret, DATA_KEY + PREVIOUS_SUFFIX);
    if (previous !== null && previous !== lastPrevious.get(name) && !world.foreign.has(previous)) {
      const known = service.find(previous);
      const isMeant = known?.key.revokedAt !== null;
      if (known === null || (!isMeant && isOver(known.version.validUntil, world.now())))
        throw new Violation("a value before was put beside the new one that does not work");
    }
    lastPrevious.set(name, previous);
  };

  /** What a person ended stays ended, until a person asks again. */
  const judgeReplaced = () => {
    for (const [keyId, { ownerUid, requests }] of world.revocations) {
      const successor = service.rows.bindings.get(ownerUid)?.keyId ?? null;
      if (requests === world.state.requests && successor !== null && successor !== keyId)
        throw new Violation("a key that a person revoked was replaced, and nobody had asked for it since");
    }
  };

  /** A version is confirmed only when workloads could read it. */
  const judgeConfirmed = () => {
    for (const version of service.rows.versions.values()) {
      if (version.confirmedAt === null || confirmed.has(version.id)) continue;
      confirmed.add(version.id);
      const wasReadable = [...readableEver].some((value) => service.find(value)?.version.id === version.id);
      if (!wasReadable) throw new Violation("a version was confirmed that nobody could ever read");
    }
  };

  const judgeUnasked = () => {
    for (const known of values.values())
      if (known.size > 1 + world.disturbances.count) throw new Violation("a value changed that nobody asked to change");
  };

  const aliveKeys = () => [...service.rows.keys.values()].filter(({ revokedAt }) => revokedAt === null);
  const validVersions = (keyId: string) =>
    [...service.rows.versions.values()].filter((it) => it.keyId === keyId && !isOver(it.validUntil, world.now()));

  return {
    afterStep: () => {
      for (const secret of world.published()) {
        judgeTarget(secret);
        judgePrevious(secret);
      }
      judgeReplaced();
      judgeConfirmed();
      judgeUnasked();
    },
    /** When nothing is under way any more, and what stood in the way is gone. */
    atRest: () => {
      const apiKey = apiServer.get(ApiKeys, OBJECT) as StoredApiKey | null;
      const secrets = apiServer.list(Secrets, NAMESPACE).map(({ metadata }) => metadata.name);
      const keys = aliveKeys();
      if (apiKey === null) {
        if (secrets.length > 0) throw new Violation(`the ApiKey is gone and left ${secrets.join(", ")}`);
        if (keys.length > 0) throw new Violation("the ApiKey is gone and its key is not");
        return;
      }
      if (secrets.join() !== world.targetName())
        throw new Violation(`these Secrets are left: ${secrets.join(", ") || "none"}`);
      const [key, ...others] = keys;
      if (key === undefined || others.length > 0) throw new Violation(`${keys.length} keys are alive`);
      const valid = validVersions(key.id);
      if (valid.length !== 1) throw new Violation(`${valid.length} versions work at rest`);
      if (service.find(world.readable() ?? "")?.version.id !== valid[0]?.id)
        throw new Violation("the version that works is not the one in the Secret");
      if (world.readable(DATA_KEY + PREVIOUS_SUFFIX) !== null)
        throw new Violation("the value before is left in the Secret");
      const env = apiKey.spec.secret?.template?.["env"]?.replace("{{ .secret }}", world.readable() ?? "");
      if (env !== undefined && world.readable("env") !== env) throw new Violation("the template is not followed");
      const ready = apiKey.status?.conditions?.find(({ type }) => type === "Ready");
      if (ready?.status !== "True") throw new Violation(`at rest it is not Ready but ${ready?.reason}`);
      if (apiKey.status?.revision !== key.revision) throw new Violation("the status tells another revision");
    },
  };
};
