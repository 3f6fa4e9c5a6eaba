import { createClient, type Fetch } from "@itsy/client";
import { expect, test } from "vitest";

import { failure } from "./failure.ts";

const url = "http://127.0.0.1:9";
const never = new Promise<never>(() => {});
const left = new Error("left");

/** A call that would never end by itself: its token never comes, its `fetch` does not listen, or its body never ends. */
const endless: Readonly<Record<string, { token?: () => Promise<string>; fetch: Fetch }>> = {
  token: { token: () => never, fetch: () => never },
  fetch: { fetch: () => never },
  body: { fetch: async () => ({ status: 200, json: () => never }) },
};

test.each(Object.entries(endless))("a call ends in time, whatever holds it: %s", async (_name, options) => {
  const beganMs = performance.now();
  const client = createClient({ url, token: "itsy_mt_x", timeoutMs: 50, ...options });
  expect(await failure(client.projects.list())).toMatchObject({
    code: "UNREACHABLE",
    message: "no answer within 50 ms",
  });
  expect(performance.now() - beganMs).toBeLessThan(5000);
});

test.each(Object.entries(endless))(
  "a call ends when its caller gives up, whatever holds it: %s",
  async (_name, options) => {
    const caller = new AbortController();
    const call = failure(createClient({ url, token: "itsy_mt_x", ...options }).projects.list({}, caller));
    setImmediate(() => caller.abort(left));
    expect(await call).toMatchObject({ code: "UNREACHABLE", cause: left });
  },
);

test("nothing is sent for a caller that left before, or while the token was read", async () => {
  let sent = 0;
  const fetch = () => {
    sent += 1;
    return never;
  };
  const read = Promise.withResolvers<string>();
  const client = createClient({ url, token: () => read.promise, fetch });
  expect(await failure(client.projects.list({}, { signal: AbortSignal.abort(left) }))).toMatchObject({ cause: left });

  const caller = new AbortController();
  const call = failure(client.projects.list({}, caller));
  caller.abort(left);
  expect(await call).toMatchObject({ cause: left });
  read.resolve("itsy_mt_x");
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toBe(0);
});
