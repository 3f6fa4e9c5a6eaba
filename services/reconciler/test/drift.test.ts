import { ConfigMaps, Namespaces, Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { ApiKeys, type StoredApiKey } from "../src/api-key/resource.ts";
import { useInstallation } from "./installation.ts";
import { conditionOf, isReady, type Place, valueOf } from "./world.ts";

const installation = useInstallation();

const at = (place: Pick<Place, "namespace">, name = "website") => ({ namespace: place.namespace, name });
const untilEvent = (place: Place, reason: string) =>
  waitUntil(async () => (await place.events()).find((event) => event.reason === reason), {
    what: `an event says ${reason}`,
  });
/** The events about one ApiKey, by its uid: another one of the same name is another ApiKey. */
const eventsOf = async (place: Place, { metadata: { uid } }: StoredApiKey) =>
  (await place.events()).filter(({ regarding }) => regarding?.uid === uid);
/** The one event with this reason about it. */
const untilOneEvent = async (place: Place, apiKey: StoredApiKey, reason: string) => {
  const found = async () => (await eventsOf(place, apiKey)).filter((event) => event.reason === reason);
  await waitUntil(async () => (await found()).length > 0, { what: `an event says ${reason}` });
  const [event, ...more] = await found();
  expect(more).toEqual([]);
  return event;
};
const messageOf = (apiKey: StoredApiKey) => conditionOf(apiKey, "Ready")?.message ?? "";

describe("the Secret", () => {
  test("deleted: a new revision, and an event says why", async () => {
    const place = await installation.served();
    await using _ = place.run();
    await place.apply();
    await place.untilReady();
    await installation.kube.delete(Secrets, at(place));
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
    expect((await untilEvent(place, "SecretLost")).type).toBe("Warning");
  });

  test("changed by hand: a new revision, and an event says why", async () => {
    const place = await installation.served();
    await using _ = place.run();
    await place.apply();
    await place.untilReady();
    const data = { apiKey: Buffer.from("by hand").toString("base64") };
    await installation.kube.mergePatch(Secrets, at(place), { metadata: { name: "website" }, data });
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
    expect((await untilEvent(place, "SecretTampered")).type).toBe("Warning");
  });

  test("labels and annotations stripped: put back, the value and the revision stay, other labels stay", async () => {
    const place = await installation.served();
    await using _ = place.run();
    await place.apply({ secret: { labels: { app: "web" } } });
    await place.untilReady();
    const before = await place.secret();
    const labels = { app: null, "app.kubernetes.io/managed-by": null, mine: "1" };
    const marks = Object.fromEntries(Object.keys(before?.metadata.annotations ?? {}).map((key) => [key, null]));
    const patch = { metadata: { name: "website", labels, annotations: marks } };
    await installation.kube.mergePatch(Secrets, at(place), patch);
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
    const place = await installation.served();
    await using _ = place.run();
    await place.apply();
    await place.untilReady();
    const value = valueOf(await place.secret());
    const other = await installation.kube.create(ApiKeys, {
      metadata: at(place, "other"),
      spec: { workspace: "acme", displayName: "x", environment: "preview" },
    });
    const owner = { apiVersion: "keys.itsy.dev/v1", kind: "ApiKey", name: "other", uid: other.metadata.uid };
    const ownerReferences = [{ ...owner, controller: true }];
    await installation.kube.mergePatch(Secrets, at(place), { metadata: { name: "website", ownerReferences } });
    const apiKey = await place.untilReason("SecretConflict");
    expect(messageOf(apiKey)).toMatch(/Secret "website" belongs to ApiKey "other"/);
    expect(valueOf(await place.secret())).toBe(value);
    await untilEvent(place, "SecretConflict");
  });

  test("wanted by two: the older has it, the younger is told so, and gets it when the older goes", async () => {
    const place = await installation.served();
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
    expect(await untilOneEvent(place, second, "SecretConflict")).toMatchObject({
      type: "Warning",
      note: 'ApiKey "a-first" is older and wants Secret "shared" too. Use another spec.secret.name, or delete one of the two.',
    });
    expect(place.delivery.keys).toHaveLength(1);
    await installation.kube.delete(ApiKeys, at(place, "a-first"));
    await place.untilReady("b-second");
    expect(place.delivery.verify(valueOf(await place.secret("shared")) ?? "")).toBe(true);
    expect(place.delivery.keys).toHaveLength(2);
  });
});

describe("the ApiKey", () => {
  test("made again under the same name: the old key ends, the new one is another", async () => {
    const place = await installation.served();
    await using _ = place.run();
    await place.apply();
    const before = await place.untilReady();
    const old = valueOf(await place.secret()) ?? "";
    await installation.kube.delete(ApiKeys, at(place));
    await place.untilGone();
    await place.apply();
    const after = await place.untilReady();
    // Each event is about its own ApiKey, though both have one name, and names its key: nobody has to do anything.
    expect(await untilOneEvent(place, before, "Released")).toMatchObject({
      type: "Normal",
      note: `Key ${before.status?.keyId} is revoked.`,
    });
    expect(await untilOneEvent(place, after, "Created")).toMatchObject({
      type: "Normal",
      note: `Revision 1 of key ${after.status?.keyId} is in Secret "website".`,
    });
    expect((await eventsOf(place, after)).map(({ type }) => type)).not.toContain("Warning");
    expect(valueOf(await place.secret())).not.toBe(old);
    expect(place.delivery.verify(old)).toBe(false);
    expect(place.delivery.workingVersions()).toHaveLength(1);
  });

  test("renamed, with the Secret's name kept: the new one waits for the old one, then has its own key", async () => {
    const place = await installation.served();
    await using _ = place.run();
    await place.apply({ secret: { name: "kept" } }, "before");
    await place.untilReady("before");
    const old = valueOf(await place.secret("kept")) ?? "";
    await place.apply({ secret: { name: "kept" } }, "after");
    const waiting = (key: StoredApiKey) => conditionOf(key, "Stalled")?.reason === "SecretConflict";
    const after = await place.until("it waits", waiting, "after");
    // By the Secret's owner, since that one has it already.
    expect(await untilOneEvent(place, after, "SecretConflict")).toMatchObject({
      type: "Warning",
      note: 'Secret "kept" belongs to ApiKey "before". Delete it, or use another spec.secret.name.',
    });
    await installation.kube.delete(ApiKeys, at(place, "before"));
    await place.untilReady("after");
    expect(place.delivery.verify(old)).toBe(false);
    expect(place.delivery.verify(valueOf(await place.secret("kept")) ?? "")).toBe(true);
  });
});

describe("the namespace", () => {
  // No controller manager runs here: somebody's finalizer holds the namespace, and nobody deletes what is in it yet.
  test("being deleted: the condition says so while the value still works, and nothing new is made", async () => {
    const place = await installation.served();
    await using reconciler = place.run();
    await place.apply();
    const { status } = await place.untilReady();
    await waitUntil(() => reconciler.writes.some((write) => write.includes("/events")), {
      what: "the event is written",
    });
    await installation.kube.delete(Namespaces, { name: place.namespace });
    const apiKey = await place.untilProgress("NamespaceTerminating");
    const message = `Namespace "${place.namespace}" is being deleted: nothing new is made in it, and the key ends with it.`;
    expect(conditionOf(apiKey, "Ready")).toMatchObject({ status: "True", reason: "NamespaceTerminating", message });
    expect(conditionOf(apiKey, "Stalled")).toMatchObject({ status: "False" });

    await installation.kube.delete(Secrets, at(place));
    const lost = await place.until("it is not ready", (key) => !isReady(key));
    expect(conditionOf(lost, "Ready")).toMatchObject({ status: "False", reason: "NamespaceTerminating", message });
    expect(lost.status?.revision).toBe(status?.revision);
    expect(await place.secrets()).toEqual([]);
    expect(place.delivery.keys[0]?.latestRevision).toBe(1);
    // The API server takes nothing new there, so also no event: the condition is all that there can be.
    const created = installation.kube.create(ConfigMaps, { metadata: at(place) });
    await expect(created).rejects.toMatchObject({ causes: [{ reason: "NamespaceTerminating" }] });
    expect((await place.events()).map(({ reason }) => reason)).toEqual(["Created"]);
  });
});
