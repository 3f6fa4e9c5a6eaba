import { Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { FINALIZER } from "../src/api-key/names.ts";
import { type ApiKey, ApiKeys, type StoredApiKey } from "../src/api-key/resource.ts";
import { type Installation, install } from "./installation.ts";
import { conditionOf, createPlace, isReady, type Place, startWorld, valueOf, type World } from "./world.ts";

let world: World;
let installation: Installation;
beforeAll(async () => {
  world = await startWorld();
  installation = await install(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Served, and reconciled with the rights that an installation gives, under its admission policies. */
const served = async (options: Parameters<typeof createPlace>[1] = {}) => {
  const place = await createPlace(world, options);
  await installation.serve(place);
  return { ...place, run: () => place.start({ credentials: installation.reconciler }) };
};

const at = (place: Pick<Place, "namespace">, name = "website") => ({ namespace: place.namespace, name });
const untilEvent = (place: Place, reason: string) =>
  waitUntil(async () => (await place.events()).find((event) => event.reason === reason), {
    what: `an event says ${reason}`,
  });
const messageOf = (apiKey: StoredApiKey) => conditionOf(apiKey, "Ready")?.message ?? "";

/** What an ApiKey leaves behind whose finalizer nobody served: its Secret, and its key in the service. */
const vanish = async (place: Place): Promise<void> => {
  await world.kube.mergePatch(ApiKeys, at(place), { metadata: { name: "website", finalizers: [] } });
  await world.kube.delete(ApiKeys, at(place));
  await place.untilGone();
};

describe("the Secret", () => {
  test("deleted: a new revision, and an event says why", async () => {
    const place = await served();
    await using _ = place.run();
    await place.apply();
    await place.untilReady();
    await world.kube.delete(Secrets, at(place));
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
    expect((await untilEvent(place, "SecretLost")).type).toBe("Warning");
  });

  test("changed by hand: a new revision, and an event says why", async () => {
    const place = await served();
    await using _ = place.run();
    await place.apply();
    await place.untilReady();
    const data = { apiKey: Buffer.from("by hand").toString("base64") };
    await world.kube.mergePatch(Secrets, at(place), { metadata: { name: "website" }, data });
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
    expect((await untilEvent(place, "SecretTampered")).type).toBe("Warning");
  });

  test("labels and annotations stripped: put back, the value and the revision stay, other labels stay", async () => {
    const place = await served();
    await using _ = place.run();
    await place.apply({ secret: { labels: { app: "web" } } });
    await place.untilReady();
    const before = await place.secret();
    const labels = { app: null, "app.kubernetes.io/managed-by": null, mine: "1" };
    const marks = Object.fromEntries(Object.keys(before?.metadata.annotations ?? {}).map((key) => [key, null]));
    const patch = { metadata: { name: "website", labels, annotations: marks } };
    await world.kube.mergePatch(Secrets, at(place), patch);
    const after = await waitUntil(
      async () => {
        const secret = await place.secret();
        return secret?.metadata.labels?.["app"] === "web" ? secret : null;
      },
      { what: "the labels are back" },
    );
    expect(after.metadata.labels).toEqual({ ...before?.metadata.labels, mine: "1" });
    expect(after.metadata.annotations).toEqual(before?.metadata.annotations);
    expect(valueOf(after)).toBe(valueOf(before));
    expect((await place.untilReady()).status?.revision).toBe(1);
    await untilEvent(place, "SecretUpdated");
  });

  test("owned by somebody else: left alone, and the condition says by whom", async () => {
    const place = await served();
    await using _ = place.run();
    await place.apply();
    await place.untilReady();
    const value = valueOf(await place.secret());
    const other = await world.kube.create(ApiKeys, {
      metadata: at(place, "other"),
      spec: { workspace: "acme", displayName: "x", environment: "preview" },
    });
    const owner = { apiVersion: "keys.itsy.dev/v1", kind: "ApiKey", name: "other", uid: other.metadata.uid };
    const ownerReferences = [{ ...owner, controller: true }];
    await world.kube.mergePatch(Secrets, at(place), { metadata: { name: "website", ownerReferences } });
    const apiKey = await place.untilReason("SecretConflict");
    expect(messageOf(apiKey)).toMatch(/Secret "website" belongs to ApiKey "other"/);
    expect(valueOf(await place.secret())).toBe(value);
    await untilEvent(place, "SecretConflict");
  });

  test("wanted by two: the older has it, the younger is told so, and gets it when the older goes", async () => {
    const place = await served();
    await place.apply({ secret: { name: "shared" } }, "a-first");
    await place.apply({ secret: { name: "shared" } }, "b-second");
    await using _ = place.run();
    await place.untilReady("a-first");
    const second = await place.until(
      "the younger waits",
      (key) => conditionOf(key, "Stalled")?.reason === "SecretConflict",
      "b-second",
    );
    expect(messageOf(second)).toMatch(/ApiKey "a-first"/);
    expect(place.delivery.keys).toHaveLength(1);
    await world.kube.delete(ApiKeys, at(place, "a-first"));
    await place.untilReady("b-second");
    expect(place.delivery.verify(valueOf(await place.secret("shared")) ?? "")).toBe(true);
    expect(place.delivery.keys).toHaveLength(2);
  });
});

describe("the ApiKey", () => {
  test("made again under the same name: the old key ends, the new one is another", async () => {
    const place = await served();
    await using _ = place.run();
    await place.apply();
    await place.untilReady();
    const old = valueOf(await place.secret()) ?? "";
    await world.kube.delete(ApiKeys, at(place));
    await place.untilGone();
    await place.apply();
    await place.untilReady();
    expect(valueOf(await place.secret())).not.toBe(old);
    expect(place.delivery.verify(old)).toBe(false);
    expect(place.delivery.workingVersions()).toHaveLength(1);
  });

  test("renamed, with the Secret's name kept: the new one waits for the old one, then has its own key", async () => {
    const place = await served();
    await using _ = place.run();
    await place.apply({ secret: { name: "kept" } }, "before");
    await place.untilReady("before");
    const old = valueOf(await place.secret("kept")) ?? "";
    await place.apply({ secret: { name: "kept" } }, "after");
    await place.until("it waits", (key) => conditionOf(key, "Stalled")?.reason === "SecretConflict", "after");
    await world.kube.delete(ApiKeys, at(place, "before"));
    await place.untilReady("after");
    expect(place.delivery.verify(old)).toBe(false);
    expect(place.delivery.verify(valueOf(await place.secret("kept")) ?? "")).toBe(true);
  });
});

describe("restored from a backup under a new uid", () => {
  /** As a backup tool puts it back: no owner references, the ApiKey without its status. */
  const restore = async (place: Place, saved: StoredApiKey): Promise<void> => {
    const secret = await place.secret();
    await vanish(place);
    await world.kube.delete(Secrets, at(place));
    const { annotations, labels } = secret?.metadata ?? {};
    await world.kube.create(Secrets, {
      metadata: { ...at(place), ...(annotations && { annotations }), ...(labels && { labels }) },
      ...(secret?.data && { data: secret.data }),
    });
    const again: ApiKey = { metadata: { ...at(place), finalizers: [FINALIZER] }, spec: saved.spec };
    await world.kube.create(ApiKeys, again);
  };

  test("the key goes on with the value that workloads have, and can be rotated", async () => {
    const place = await served();
    await place.apply({ rotation: { overlap: "0s" } });
    let saved: StoredApiKey;
    {
      await using _ = place.run();
      saved = await place.untilReady();
    }
    const value = valueOf(await place.secret());
    await restore(place, saved);
    await using _ = place.run();
    const { status, metadata } = await place.untilReady();
    expect(metadata.uid).not.toBe(saved.metadata.uid);
    expect(status?.keyId).toBe(saved.status?.keyId);
    const secret = await place.secret();
    expect(valueOf(secret)).toBe(value);
    expect(place.delivery.verify(value ?? "")).toBe(true);
    expect(secret?.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }]);
    await untilEvent(place, "Adopted");
    await place.requestRotation("now");
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    expect(place.delivery.keys).toHaveLength(1);
    expect(place.delivery.isReleased(saved.metadata.uid)).toBe(true);
  });

  test("a Secret whose owner vanished is taken over just the same", async () => {
    const place = await served();
    await place.apply();
    let keyId: string | undefined;
    {
      await using _ = place.run();
      keyId = (await place.untilReady()).status?.keyId;
    }
    await vanish(place);
    await place.apply();
    await using _ = place.run();
    expect((await place.untilReady()).status?.keyId).toBe(keyId);
    expect(place.delivery.keys).toHaveLength(1);
  });

  test("with a value that has ended since: nothing is taken or minted; without that Secret a new key is made", async () => {
    const place = await served();
    await place.apply({ rotation: { overlap: "0s" } });
    let saved: StoredApiKey;
    {
      await using _ = place.run();
      saved = await place.untilReady();
    }
    place.delivery.keyOf(saved.metadata.uid).revoked = true;
    await restore(place, saved);
    await using _ = place.run();
    const apiKey = await place.untilReason("SecretConflict");
    expect(messageOf(apiKey)).toMatch(/left behind by an ApiKey that is gone.*Delete the Secret/);
    expect(place.delivery.keys).toHaveLength(1);
    await world.kube.delete(Secrets, at(place));
    await place.untilReady();
    expect(place.delivery.keys).toHaveLength(2);
  });

  test("a copy of a living key's Secret gives nobody anything", async () => {
    const place = await served();
    const other = await served({ granted: false });
    await place.grant({ namespaces: [other.namespace] }, other.namespace);
    await using _ = place.run();
    await using __ = other.start({ credentials: installation.reconciler, delivery: place.delivery });
    await place.apply();
    await place.untilReady();
    const { data, metadata } = (await place.secret()) ?? {};
    const copy = { ...(data && { data }) };
    const marks = { ...(metadata?.annotations && { annotations: metadata.annotations }) };
    await world.kube.create(Secrets, { metadata: { ...at(place, "thief"), ...marks }, ...copy });
    await world.kube.create(Secrets, { metadata: { ...at(other), ...marks }, ...copy });
    await place.apply({}, "thief");
    await other.apply();
    const isRefused = (key: StoredApiKey) => conditionOf(key, "Stalled")?.reason === "SecretConflict";
    await place.until("the copy is refused", isRefused, "thief");
    await other.until("the copy elsewhere is refused", isRefused);
    expect(isReady((await place.get()) as StoredApiKey)).toBe(true);
    expect(place.delivery.keys).toHaveLength(1);
  });

  test.each([
    ["before", "adopt"],
    ["after", "adopt"],
    ["before", "takeOver"],
    ["after", "takeOver"],
  ] as const)("killed %s %s: the next run goes on, one key", async (phase, effect) => {
    const place = await served();
    await place.apply();
    let saved: StoredApiKey;
    {
      await using _ = place.run();
      saved = await place.untilReady();
    }
    await restore(place, saved);
    const dying = place.start({ credentials: installation.reconciler, crashAt: { phase, effect } });
    await dying.died;
    await dying[Symbol.asyncDispose]();
    await using _ = place.run();
    expect((await place.untilReady()).status?.keyId).toBe(saved.status?.keyId);
    expect(place.delivery.keys).toHaveLength(1);
  });
});
