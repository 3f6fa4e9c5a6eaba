import { Secrets } from "@itsy/controller-runtime";
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
    await place.untilReady();
    const old = valueOf(await place.secret()) ?? "";
    await installation.kube.delete(ApiKeys, at(place));
    await place.untilGone();
    await place.apply();
    await place.untilReady();
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
    await place.until("it waits", (key) => conditionOf(key, "Stalled")?.reason === "SecretConflict", "after");
    await installation.kube.delete(ApiKeys, at(place, "before"));
    await place.untilReady("after");
    expect(place.delivery.verify(old)).toBe(false);
    expect(place.delivery.verify(valueOf(await place.secret("kept")) ?? "")).toBe(true);
  });
});
