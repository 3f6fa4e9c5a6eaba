import { describe, expect, test } from "vitest";

import { ApiKeys, type StoredApiKey } from "../src/api-key/resource.ts";
import { WorkspaceGrants } from "../src/grant/resource.ts";
import { useInstallation } from "./installation.ts";
import { conditionOf, isReady, type Place, valueOf } from "./world.ts";

const installation = useInstallation();

/** A delivered key, reconciled with the rights that an installation gives, under its admission policies. */
const delivered = async () => {
  const place = await installation.served();
  const reconciler = place.run();
  const { metadata } = await place.apply();
  const { status } = await place.untilReady();
  return {
    ...place,
    uid: metadata.uid,
    keyId: status?.keyId ?? "",
    value: valueOf(await place.secret()) ?? "",
    [Symbol.asyncDispose]: () => reconciler[Symbol.asyncDispose](),
  };
};

const website = ({ namespace }: Pick<Place, "namespace">) => ({ namespace, name: "website" });
const stalledBy = (apiKey: StoredApiKey) => {
  expect(conditionOf(apiKey, "Stalled")?.status).toBe("True");
  return conditionOf(apiKey, "Stalled")?.message;
};
const untilWarned = (place: Place, reason: string) =>
  expect
    .poll(async () => (await place.events()).some((event) => event.type === "Warning" && event.reason === reason))
    .toBe(true);

describe("in the service the key is", () => {
  test("revoked: said, and a rotate request makes a new one", async () => {
    await using place = await delivered();
    place.delivery.keyOf(place.uid).revoked = true;
    const apiKey = await place.untilReason("RevokedOutOfBand");
    expect(stalledBy(apiKey)).toMatch(/was revoked in the service.*rotate-requested-at/);
    await untilWarned(place, "RevokedOutOfBand");
    await place.requestRotation("now");
    await place.untilReady();
    expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
  });

  test("paused: said, and the manifest does not lift it", async () => {
    await using place = await delivered();
    place.delivery.keyOf(place.uid).pausedByPerson = true;
    expect(stalledBy(await place.untilReason("PausedOutOfBand"))).toMatch(/Resume it there/);
    await untilWarned(place, "PausedOutOfBand");
    place.delivery.keyOf(place.uid).pausedByPerson = false;
    await place.untilReady();
    expect(valueOf(await place.secret())).toBe(place.value);
  });

  test("expired: said, and a later spec.expiresAt brings the same key back", async () => {
    await using place = await delivered();
    const expireAt = (expiresAt: string) =>
      installation.kube.mergePatch(ApiKeys, website(place), { spec: { expiresAt } });
    await expireAt("2020-01-01T00:00:00Z");
    expect(stalledBy(await place.untilReason("Expired"))).toMatch(/spec\.expiresAt/);
    await untilWarned(place, "Expired");
    await expireAt("2099-01-01T00:00:00Z");
    expect((await place.untilReady()).status?.keyId).toBe(place.keyId);
  });

  test("deleted: said, nothing is minted, and the ApiKey can be deleted and made again", async () => {
    await using place = await delivered();
    place.delivery.deleteKey(place.uid);
    const apiKey = await place.untilReason("DeletedOutOfBand");
    expect(stalledBy(apiKey)).toMatch(new RegExp(`${place.keyId} was deleted in the service.*create it again`));
    await untilWarned(place, "DeletedOutOfBand");
    expect(place.delivery.keys).toEqual([]);
    await installation.kube.delete(ApiKeys, website(place));
    await place.untilGone();
    expect(await place.secrets()).toEqual([]);
    await place.apply();
    await place.untilReady();
  });
});

describe("the workspace is gone, or the cluster may not act for it any more", () => {
  test("said, and what was delivered works on; given back, all is well", async () => {
    await using place = await delivered();
    place.delivery.setAllowed(false);
    const apiKey = await place.until("it says so", (key) => conditionOf(key, "Stalled")?.reason === "ServiceForbidden");
    expect(stalledBy(apiKey)).toMatch(
      /does not let this cluster act for workspace "acme", or has none of that name.*clusters\.allow/,
    );
    await untilWarned(place, "ServiceForbidden");
    expect(isReady(apiKey)).toBe(true);
    expect(place.delivery.verify(place.value)).toBe(true);
    place.delivery.setAllowed(true);
    await place.until("it is well", (key) => conditionOf(key, "Stalled")?.status === "False");
  });

  test("a new ApiKey gets no key, and is told so", async () => {
    await using place = await delivered();
    place.delivery.setAllowed(false);
    await place.apply({}, "another");
    const isForbidden = (key: StoredApiKey) => conditionOf(key, "Stalled")?.reason === "ServiceForbidden";
    expect(isReady(await place.until("it says so", isForbidden, "another"))).toBe(false);
    expect(place.delivery.keys).toHaveLength(1);
  });

  test("deletion waits, and the command of the message ends the wait", async () => {
    await using place = await delivered();
    place.delivery.setAllowed(false);
    await installation.kube.delete(ApiKeys, website(place));
    const waiting = await place.until("it says so", (key) =>
      /deletion waits/.test(conditionOf(key, "Stalled")?.message ?? ""),
    );
    expect(stalledBy(waiting)).toMatch(/patch apikey website --type=merge -p '{"metadata":{"finalizers":null}}'/);
    await installation.kube.mergePatch(ApiKeys, website(place), { metadata: { name: "website", finalizers: [] } });
    await place.untilGone();
    expect(place.delivery.isReleased(place.uid)).toBe(false);
  });
});

describe("grants", () => {
  test("withdrawn: said, nothing new is made, what was delivered works on; given again, all is well", async () => {
    await using place = await delivered();
    await installation.kube.delete(WorkspaceGrants, { name: place.namespace });
    expect(stalledBy(await place.untilReason("NotGranted"))).toMatch(
      /No WorkspaceGrant gives workspace "acme".*administrator/,
    );
    await untilWarned(place, "NotGranted");
    await place.requestRotation("now");
    expect(place.delivery.verify(place.value)).toBe(true);
    expect(place.delivery.keys[0]?.latestRevision).toBe(1);
    await place.grant();
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
  });

  test("maxKeys: the oldest have the keys, the next one gets the place that is left, the message names the grant", async () => {
    const place = await installation.served({ granted: false });
    await place.grant({ maxKeys: 2 });
    for (const name of ["a", "b", "c", "d"]) await place.apply({}, name);
    await using _ = place.run({ resyncMs: 60_000 });
    await place.untilReady("a");
    await place.untilReady("b");
    const isDenied = (key: StoredApiKey) => conditionOf(key, "Stalled")?.reason === "NotGranted";
    const message = stalledBy(await place.until("it waits", isDenied, "c"));
    expect(message).toBe(
      `Older ApiKeys have all the keys that workspace "acme" gives here: WorkspaceGrant "${place.namespace}" allows 2. Ask an administrator of the cluster.`,
    );
    await place.until("it waits", isDenied, "d");
    const warned = async (name: string) =>
      (await place.events()).filter(({ reason, regarding }) => reason === "NotGranted" && regarding?.name === name);
    for (const name of ["c", "d"]) {
      await expect.poll(() => warned(name)).toMatchObject([{ type: "Warning", note: message }]);
    }
    // No resync is near: the deletion itself wakes those who wait.
    await installation.kube.delete(ApiKeys, { namespace: place.namespace, name: "a" });
    await place.untilReady("c");
    expect(isDenied((await place.get("d")) as StoredApiKey)).toBe(true);
    expect(place.delivery.keys.filter(({ revoked }) => !revoked)).toHaveLength(2);
  });
});
