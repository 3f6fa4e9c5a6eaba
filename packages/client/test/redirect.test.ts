import { createClient } from "@itsy/client";
import { expect, test } from "vitest";

import { failure } from "./failure.ts";
import { serve } from "./serve.ts";

const answer = JSON.stringify({ result: { data: { secret: "itsy_production_sk_of-somebody-else" } } });

test.each([301, 302, 303, 307, 308])("a %i is not followed, and what came with it is not believed", async (status) => {
  let arrivals = 0;
  await using elsewhere = await serve((_request, response) => {
    arrivals += 1;
    response.writeHead(200, { "content-type": "application/json" }).end(answer);
  });
  await using server = await serve((request, response) => {
    const headers = { location: elsewhere.url + (request.url ?? ""), "content-type": "application/json" };
    response.writeHead(status, headers).end(answer);
  });
  const client = createClient({ url: server.url, token: "itsy_mt_not-a-real-token" });
  const thrown = await failure(client.keys.create({ name: "x", environment: "local", metadata: { plan: "pro" } }));
  expect(thrown.code).toBe("UNREACHABLE");
  expect(arrivals).toBe(0);
});
