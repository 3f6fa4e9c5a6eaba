import { setTimeout as sleep } from "node:timers/promises";
import { type Secret, Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type ApiKey, ApiKeys } from "../src/api-key/resource.ts";
import { refusedValue } from "./refused-value.ts";
import { createPlace, isReady, type Place, startWorld, valueOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const change = (place: Place, spec: object) =>
  world.kube.mergePatch<ApiKey>(ApiKeys, { namespace: place.namespace, name: "website" }, { spec });
const changeSecret = (place: Place, patch: object) => {
  const name = { namespace: place.namespace, name: "website" };
  return world.kube.mergePatch<Secret>(Secrets, name, patch);
};
const secretNames = async (place: Place) => (await place.secrets()).map(({ metadata }) => metadata.name).sort();
const untilSecret = (place: Place, what: string, check: (secret: Secret) => boolean, name = "website") =>
  waitUntil(
    async () => {
      const secret = await place.secret(name);
      return secret !== null && check(secret) ? secret : null;
    },
    { what, timeoutMs: 20_000 },
  );
const looksAgain = async (place: Place): Promise<void> => {
  const calls = place.delivery.calls.length;
  await waitUntil(() => place.delivery.calls.length >= calls + 3, { what: "it looked again" });
};
/** The same key with the same one value, whatever was rewritten. */
const expectSameKey = async (place: Place): Promise<void> => {
  expect(place.delivery.keys).toHaveLength(1);
  expect(place.delivery.keys[0]?.latestRevision).toBe(1);
  expect(place.delivery.workingVersions()).toHaveLength(1);
  expect((await place.get())?.status?.revision).toBe(1);
};

const config = '{"url": "https://example.com", "key": "{{ .secret }}", "id": "{{ keyId }}"}';

describe("templates, labels and annotations", () => {
  test("are filled in with every new value", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ secret: { key: "API_KEY", template: { "config.json": config, env: "r={{ .revision }}" } } });
    const { status } = await place.untilReady();
    const read = async () => {
      const secret = await place.secret();
      const key = valueOf(secret, "API_KEY") ?? "";
      expect(JSON.parse(valueOf(secret, "config.json") ?? "")).toEqual({
        url: "https://example.com",
        key,
        id: status?.keyId,
      });
      return { key, env: valueOf(secret, "env") };
    };
    const first = await read();
    expect(first.env).toBe("r=1");
    await place.requestRotation("now");
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    const second = await read();
    expect(second.env).toBe("r=2");
    expect(second.key).not.toBe(first.key);
    expect(place.delivery.verify(second.key)).toBe(true);
  });

  test("follow the manifest without a new revision; what is no longer declared goes, what others added stays", async () => {
    const place = await createPlace(world);
    await using reconciler = place.start();
    await place.apply({ secret: { labels: { a: "1" }, annotations: { b: "2" }, template: { old: "x" } } });
    await place.untilReady();
    const value = valueOf(await place.secret());
    await changeSecret(place, { metadata: { labels: { theirs: "yes" } }, data: { theirs: "eA==" } });
    await change(place, {
      secret: { labels: { c: "3" }, annotations: null, template: { old: null, new: "{{.secret}}" } },
    });
    const secret = await untilSecret(place, "the new key is there", (it) => it.data?.["new"] !== undefined);
    expect(valueOf(secret, "new")).toBe(value);
    expect(Object.keys(secret.data ?? {}).sort()).toEqual(["apiKey", "new", "theirs"]);
    expect(secret.metadata.labels).toEqual({
      a: "1",
      c: "3",
      theirs: "yes",
      "app.kubernetes.io/managed-by": "itsy-keys",
    });
    expect(secret.metadata.annotations).not.toHaveProperty("b");
    await change(place, { secret: { labels: null } });
    await untilSecret(place, "the labels are gone", ({ metadata }) => metadata.labels?.["a"] === undefined);
    await expectSameKey(place);
    await looksAgain(place);
    const writes = reconciler.writes.length;
    await looksAgain(place);
    expect(reconciler.writes).toHaveLength(writes);
  });

  test.each([
    ["a label stripped", { metadata: { labels: null } }],
    ["our marks stripped", { metadata: { annotations: null } }],
    ["a filled-in file changed", { data: { "config.json": "bm8=" } }],
    ["a filled-in file taken away", { data: { "config.json": null } }],
  ])("%s by hand: put back without a new revision", async (_what, patch) => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ secret: { labels: { a: "1" }, template: { "config.json": config } } });
    await place.untilReady();
    const before = await place.secret();
    await changeSecret(place, patch);
    const after = await untilSecret(
      place,
      "it is as before",
      ({ data, metadata }) =>
        data?.["config.json"] === before?.data?.["config.json"] &&
        metadata.labels?.["a"] === "1" &&
        metadata.annotations?.["keys.itsy.dev/revision"] === "1",
    );
    expect(after.data).toEqual(before?.data);
    expect(after.metadata.labels).toEqual(before?.metadata.labels);
    expect(after.metadata.annotations).toEqual(before?.metadata.annotations);
    await expectSameKey(place);
    await waitUntil(async () => (await place.events()).some(({ reason }) => reason === "SecretUpdated"), {
      what: "the event is there",
    });
  });
});

describe("includePrevious", () => {
  test("both values can be read and work through the overlap, and the old one goes before it ends", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ rotation: { overlap: "4s" }, secret: { key: "KEY", includePrevious: true } });
    await place.untilReady();
    const old = valueOf(await place.secret(), "KEY");
    expect((await place.secret())?.data).not.toHaveProperty("KEY_previous");
    const refused: string[] = [];
    const probing = { isOver: false };
    const probe = (async () => {
      while (!probing.isOver) {
        for (const key of ["KEY", "KEY_previous"]) {
          const read = async () => valueOf(await place.secret(), key);
          const value = await refusedValue({ read, verify: place.delivery.verify });
          if (value !== null) refused.push(value);
        }
        await sleep(5);
      }
    })();
    await place.requestRotation("now");
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    expect(valueOf(await place.secret(), "KEY_previous")).toBe(old);
    expect(valueOf(await place.secret(), "KEY")).not.toBe(old);
    await untilSecret(place, "the value before is gone", ({ data }) => data?.["KEY_previous"] === undefined);
    expect(place.delivery.verify(old as string)).toBe(true);
    await waitUntil(() => !place.delivery.verify(old as string), { what: "the old value ends" });
    probing.isOver = true;
    await probe;
    expect(refused).toEqual([]);
  });

  test("with an overlap of 0s there is none", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ rotation: { overlap: "0s" }, secret: { includePrevious: true } });
    await place.untilReady();
    await place.requestRotation("now");
    await place.until("revision 2 is ready", (key) => isReady(key) && key.status?.revision === 2);
    expect(Object.keys((await place.secret())?.data ?? {})).toEqual(["apiKey"]);
  });
});

describe("renaming", () => {
  test("secret.key: the value goes under the new one, and stays the same", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply();
    await place.untilReady();
    const value = valueOf(await place.secret());
    await change(place, { secret: { key: "API_KEY" } });
    const secret = await untilSecret(place, "the new key is there", ({ data }) => data?.["API_KEY"] !== undefined);
    expect(secret.data).toEqual({ API_KEY: Buffer.from(value as string).toString("base64") });
    await expectSameKey(place);
  });

  test("renamed more often within an overlap than one look reads: nothing is left over in the end", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ rotation: { overlap: "10m" }, secret: { name: "n0" } });
    await place.untilReady();
    const names = ["n1", "n2", "n3", "n4", "n5", "n6"];
    for (const name of names) {
      await change(place, { secret: { name } });
      await place.until(`it is bound to ${name}`, ({ status }) => status?.binding?.name === name);
    }
    expect(await secretNames(place)).toEqual(["n0", ...names]);
    // The former ones hold the value before then.
    await place.requestRotation("now");
    await waitUntil(async () => (await secretNames(place)).join() === "n6", { what: "the former ones are gone" });
    await place.until("one revision was made", ({ status }) => status?.revision === 2);
  });

  test("secret.name: the value moves; the former Secret stays for the overlap, and then nothing is left over", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ rotation: { overlap: "3s" } });
    await place.untilReady();
    const value = valueOf(await place.secret());
    await change(place, { secret: { name: "renamed" } });
    const moved = await place.until("it is bound anew", ({ status }) => status?.binding?.name === "renamed");
    expect(isReady(moved)).toBe(true);
    expect(valueOf(await place.secret("renamed"))).toBe(value);
    expect(valueOf(await place.secret("website"))).toBe(value);
    await waitUntil(async () => (await secretNames(place)).join() === "renamed", { what: "the former one is gone" });
    await expectSameKey(place);
    await change(place, { secret: { name: null } });
    await place.until("it is bound as at first", ({ status }) => status?.binding?.name === "website");
    expect(valueOf(await place.secret("website"))).toBe(value);
    await expectSameKey(place);
  });

  test("to a name that somebody else has: the value stays where it is until the name is free", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ rotation: { overlap: "0s" } });
    await place.untilReady();
    const value = valueOf(await place.secret());
    const taken = { namespace: place.namespace, name: "taken" };
    await world.kube.create<Secret>(Secrets, { metadata: taken });
    await change(place, { secret: { name: "taken" } });
    const conflicting = await place.untilReason("SecretConflict");
    expect(conflicting.status?.binding).toEqual({ name: "website" });
    expect(valueOf(await place.secret("website"))).toBe(value);
    await world.kube.delete(Secrets, taken);
    await place.until("it is bound anew", (key) => isReady(key) && key.status?.binding?.name === "taken");
    expect(valueOf(await place.secret("taken"))).toBe(value);
    expect(await secretNames(place)).toEqual(["taken"]);
    await expectSameKey(place);
  });

  test("while a rotation is asked for: both happen", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ rotation: { overlap: "0s" } });
    await place.untilReady();
    await change(place, { secret: { name: "renamed", key: "KEY" } });
    await place.requestRotation("now");
    await place.until("revision 2 is there", (key) => {
      return isReady(key) && key.status?.revision === 2 && key.status.binding?.name === "renamed";
    });
    expect(place.delivery.verify(valueOf(await place.secret("renamed"), "KEY") ?? "")).toBe(true);
    expect(await secretNames(place)).toEqual(["renamed"]);
    expect(place.delivery.keys).toHaveLength(1);
  });

  test("deleted in between: nothing is left over", async () => {
    const place = await createPlace(world);
    await using _ = place.start();
    await place.apply({ rotation: { overlap: "1h" } });
    await place.untilReady();
    await change(place, { secret: { name: "renamed" } });
    await place.until("it is bound anew", ({ status }) => status?.binding?.name === "renamed");
    expect(await secretNames(place)).toEqual(["renamed", "website"]);
    await world.kube.delete(ApiKeys, { namespace: place.namespace, name: "website" });
    await place.untilGone();
    expect(await secretNames(place)).toEqual([]);
    expect(place.delivery.workingVersions()).toEqual([]);
  });
});
