import { setImmediate as turn } from "node:timers/promises";
import type { KubeClient, Secret, Stored, WatchEvent } from "@itsy/controller-runtime";
import { Secrets } from "@itsy/controller-runtime";
import { expect, test } from "vitest";

import { annotations } from "./api-key/names.ts";
import type { StoredApiKey } from "./api-key/resource.ts";
import { createOwnWrites } from "./own-writes.ts";
import { watchSecrets } from "./secret-watch.ts";

const website = { namespace: "shop", name: "website" };

const aSecret = (resourceVersion: string): Stored<Secret> => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    ...website,
    uid: "secret-uid",
    resourceVersion,
    creationTimestamp: "2026-11-22T10:00:00Z",
    annotations: { [annotations.revision]: "1" },
    ownerReferences: [
      { apiVersion: "keys.itsy.dev/v1", kind: "ApiKey", name: "website", uid: "uid", controller: true },
    ],
  },
});
const apiKey = { metadata: { ...website, uid: "uid" }, spec: {} } as StoredApiKey;

const settle = async () => {
  for (let turns = 0; turns < 10; turns += 1) await turn();
};

const start = () => {
  const stop = new AbortController();
  const events: WatchEvent<Secret>[] = [];
  const answers: ((secret: Stored<Secret> | boolean) => void)[] = [];
  const answered = () => new Promise((resolve) => void answers.push(resolve));
  async function* watch(_type: unknown, _options: unknown, signal: AbortSignal) {
    while (!signal.aborted) {
      const event = events.shift();
      if (event === undefined) await turn();
      else yield event;
    }
  }
  const listPage = async () => ({ items: [aSecret("1")], resourceVersion: "1", continue: null });
  const client = { listPage, watch, mergePatch: answered, delete: answered } as unknown as KubeClient;
  const ownWrites = createOwnWrites();
  const woken: string[] = [];
  const apiKeys = {
    store: { list: () => [apiKey] } as never,
    subscribe: (handler: (delta: { type: "added"; object: StoredApiKey }) => void) => {
      handler({ type: "added", object: apiKey });
      return () => {};
    },
  };
  const wake = ({ name }: { name: string }) => void woken.push(name);
  const running = watchSecrets({ client, apiKeys, ownWrites, wake, onError: () => {} }, stop.signal);
  return {
    woken,
    kube: ownWrites.noted(client),
    answer: (secret: Stored<Secret> | boolean) => answers.shift()?.(secret),
    tell: async (type: "MODIFIED" | "DELETED", resourceVersion: string) => {
      events.push({ type, object: aSecret(resourceVersion), resourceVersion });
      await settle();
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
};

test.each(["before", "after"])(
  "a write of our own, heard of %s its answer, wakes nobody; anybody else's does",
  async (when) => {
    await using started = start();
    const { kube, answer, tell, woken } = started;
    await settle();
    const writing = kube.mergePatch(Secrets, website, { metadata: { name: "website" } });
    if (when === "before") await tell("MODIFIED", "2");
    answer(aSecret("2"));
    await writing;
    if (when === "after") await tell("MODIFIED", "2");
    await settle();
    expect(woken).toEqual([]);
    await tell("MODIFIED", "3");
    expect(woken).toEqual(["website"]);
  },
);

test("a Secret that we deleted wakes nobody", async () => {
  await using started = start();
  const { kube, answer, tell, woken } = started;
  await settle();
  const deleting = kube.delete(Secrets, website, { uid: "secret-uid" });
  await tell("DELETED", "2");
  answer(true);
  await deleting;
  await settle();
  expect(woken).toEqual([]);
});

test("a deletion of ours that was refused leaves no mark", async () => {
  await using started = start();
  const { kube, answer, tell, woken } = started;
  await settle();
  const deleting = kube.delete(Secrets, website, { uid: "secret-uid" });
  answer(false);
  await deleting;
  await tell("DELETED", "2");
  expect(woken).toEqual(["website"]);
});
