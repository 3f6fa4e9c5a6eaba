import { Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { FINALIZER } from "../src/api-key/names.ts";
import { type ApiKey, ApiKeys, type StoredApiKey } from "../src/api-key/resource.ts";
import { useInstallation } from "./installation.ts";
import { conditionOf, isReady, type Place, valueOf } from "./world.ts";

const installation = useInstallation();

const at = (place: Pick<Place, "namespace">, name = "website") => ({ namespace: place.namespace, name });
const untilEvent = (place: Place, reason: string) =>
  waitUntil(async () => (await place.events()).find((event) => event.reason === reason), {
    what: `an event says ${reason}`,
  });
const messageOf = (apiKey: StoredApiKey) => conditionOf(apiKey, "Ready")?.message ?? "";

/** What an ApiKey leaves behind whose finalizer nobody served: its Secret, and its key in the service. */
const vanish = async (place: Place): Promise<void> => {
  await installation.kube.mergePatch(ApiKeys, at(place), { metadata: { name: "website", finalizers: [] } });
  await installation.kube.delete(ApiKeys, at(place));
  await place.untilGone();
};

describe("restored from a backup under a new uid", () => {
  /** As a backup tool puts it back: no owner references, the ApiKey without its status. */
  const restore = async (place: Place, saved: StoredApiKey): Promise<void> => {
    const secret = await place.secret();
    await vanish(place);
    await installation.kube.delete(Secrets, at(place));
    const { annotations, labels } = secret?.metadata ?? {};
    await installation.kube.create(Secrets, {
      metadata: { ...at(place), ...(annotations && { annotations }), ...(labels && { labels }) },
      ...(secret?.data && { data: secret.data }),
    });
    const again: ApiKey = { metadata: { ...at(place), finalizers: [FINALIZER] }, spec: saved.spec };
    await installation.kube.create(ApiKeys, again);
  };

  test("the key goes on with the value that workloads have, and can be rotated", async () => {
    const place = await installation.served();
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
    const place = await installation.served();
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
    const place = await installation.served();
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
    await untilEvent(place, "SecretConflict");
    const conflicts = (await place.events()).filter(({ reason }) => reason === "SecretConflict");
    expect(conflicts).toMatchObject([
      {
        type: "Warning",
        regarding: { uid: apiKey.metadata.uid },
        note: 'Secret "website" was left behind by an ApiKey that is gone, and its value is of no key that this one may take over. Delete the Secret: a new key is made then.',
      },
    ]);
    expect(place.delivery.keys).toHaveLength(1);
    await installation.kube.delete(Secrets, at(place));
    await place.untilReady();
    expect(place.delivery.keys).toHaveLength(2);
  });

  test("a copy of a living key's Secret gives nobody anything", async () => {
    const place = await installation.served();
    const other = await installation.served({ granted: false });
    await place.grant({ namespaces: [other.namespace] }, other.namespace);
    await using _ = place.run();
    await using __ = other.run({ delivery: place.delivery });
    await place.apply();
    await place.untilReady();
    const { data, metadata } = (await place.secret()) ?? {};
    const copy = { ...(data && { data }) };
    const marks = { ...(metadata?.annotations && { annotations: metadata.annotations }) };
    await installation.kube.create(Secrets, { metadata: { ...at(place, "thief"), ...marks }, ...copy });
    await installation.kube.create(Secrets, { metadata: { ...at(other), ...marks }, ...copy });
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
    const place = await installation.served();
    await place.apply();
    let saved: StoredApiKey;
    {
      await using _ = place.run();
      saved = await place.untilReady();
    }
    await restore(place, saved);
    const dying = place.run({ crashAt: { phase, effect } });
    await dying.died;
    await dying[Symbol.asyncDispose]();
    await using _ = place.run();
    expect((await place.untilReady()).status?.keyId).toBe(saved.status?.keyId);
    expect(place.delivery.keys).toHaveLength(1);
  });
});
