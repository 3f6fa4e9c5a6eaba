import type { ItsyClient } from "@itsy/client";
import type { DeliveryView } from "@itsy/contract";
import { waitUntil } from "@itsy/testbed";
import { expect, test } from "vitest";

import { createDeliveryClient } from "./delivery-client.ts";

const { signal } = new AbortController();
const nothing: DeliveryView = { key: null, candidates: [], released: false };

/** A service that answers only when told, and remembers who was asked in which order. */
const createSlowService = () => {
  const asked: string[] = [];
  const open: (() => void)[] = [];
  let atOnce = 0;
  let atOnceMax = 0;
  const observe: ItsyClient["delivery"]["observe"] = async ({ ownerUid }) => {
    asked.push(ownerUid);
    atOnce += 1;
    atOnceMax = Math.max(atOnceMax, atOnce);
    await new Promise<void>((resolve) => open.push(resolve));
    atOnce -= 1;
    return nothing;
  };
  return {
    client: { delivery: { observe } as ItsyClient["delivery"] },
    asked,
    atOnce: () => atOnce,
    atOnceMax: () => atOnceMax,
    answerOne: () => open.shift()?.(),
  };
};

test("a namespace with many ApiKeys does not keep the others waiting", async () => {
  const service = createSlowService();
  const delivery = createDeliveryClient({ client: service.client, concurrency: 3, namespaceConcurrency: 2 });
  const ask = (namespace: string, at: number) =>
    delivery.observe({ ownerUid: `${namespace}-${at}`, candidates: [] }, { namespace, signal });
  const crowd = Array.from({ length: 50 }, (_, at) => ask("crowded", at));
  const other = ask("quiet", 0);
  await waitUntil(() => service.asked.length === 3, { what: "the root is full" });
  // Two of the crowd and, before the third of the crowd, the quiet one.
  expect(service.asked).toContain("quiet-0");
  await waitUntil(
    () => {
      service.answerOne();
      return service.asked.length === 51;
    },
    { what: "everybody is asked", intervalMs: 1 },
  );
  await waitUntil(
    () => {
      service.answerOne();
      return service.atOnce() === 0;
    },
    { what: "everybody is answered", intervalMs: 1 },
  );
  await Promise.all([...crowd, other]);
  expect(service.atOnceMax()).toBe(3);
});

test("an error of the service reaches the caller, and the line goes on", async () => {
  let calls = 0;
  const observe = async () => {
    calls += 1;
    if (calls === 1) throw new Error("once");
    return nothing;
  };
  const client = { delivery: { observe } as unknown as ItsyClient["delivery"] };
  const delivery = createDeliveryClient({ client, concurrency: 1, namespaceConcurrency: 1 });
  const ask = () => delivery.observe({ ownerUid: "a", candidates: [] }, { namespace: "shop", signal });
  await expect(ask()).rejects.toThrow("once");
  await expect(ask()).resolves.toEqual(nothing);
});
