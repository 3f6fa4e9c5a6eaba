import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

import { createClient } from "./client.ts";

test("a call that is over has let go of its timer and of the caller's signal", async () => {
  const given: AbortSignal[] = [];
  const answer = { result: { data: { items: [], next: null } } };
  const fetch = async (_: unknown, init?: RequestInit) => {
    if (init?.signal) given.push(init.signal);
    return Response.json(answer);
  };
  const caller = new AbortController();
  const timeoutMs = 20;
  const client = createClient({
    url: "http://itsy.test",
    token: "t",
    timeoutMs,
    fetch,
  });
  await client.projects.list({}, { signal: caller.signal });
  expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  // Due after the call's own timer, had it one still.
  await sleep(2 * timeoutMs);
  expect(given.map(({ aborted }) => aborted)).toEqual([false]);
});

test("while it lasts, a call is given up when the caller says so", async () => {
  const caller = new AbortController();
  const fetch = (_: unknown, init?: RequestInit) =>
    new Promise<Response>((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      caller.abort(new Error("enough"));
    });
  const client = createClient({ url: "http://itsy.test", token: "t", fetch });
  await expect(client.projects.list({}, { signal: caller.signal })).rejects.toMatchObject({ code: "UNREACHABLE" });
});
