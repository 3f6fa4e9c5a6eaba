import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

import { generateSecret } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { hostOf, runsNginx, startApplication, startSampleNginx } from "./api/forward-auth-nginx.ts";
import { sendRaw } from "./api/raw-request.ts";
import { startTestApi } from "./api/start-test-api.ts";

describe.runIf(runsNginx)("nginx whose key service cannot answer lets nothing through", { timeout: 60_000 }, () => {
  const refusedWith = async (service: string, token = "itsy_mt_none") => {
    await using application = await startApplication();
    await using nginx = await startSampleNginx({ service, application: application.address, token });
    const secret = generateSecret({ environment: "production" });
    const answer = await sendRaw([`X-API-Key: ${secret}`, "X-Itsy-Workspace: acme"], { to: nginx.url });
    expect(application.arrivals).toEqual([]);
    return answer;
  };

  const listening = async (onData: string | null) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        if (onData !== null) socket.end(onData);
      });
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    return {
      address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      [Symbol.dispose]: () => void server.close(),
    };
  };

  test("when nothing listens", async () => {
    expect((await refusedWith("127.0.0.1:1")).status).toBe(503);
  });

  test.each([
    ["when it takes the connection and stays silent", null],
    ["when it hangs up", ""],
    ["when it is cut off in the middle", "HTTP/1.1 200 OK\r\nX-Itsy-Wo"],
    ["when something else answers", "SSH-2.0-OpenSSH\r\n"],
    ["when it says 500", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"],
    ["when it redirects", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"],
  ])("%s", async (_what, said) => {
    using service = await listening(said);
    expect((await refusedWith(service.address)).status).toBe(503);
  });

  test("when nginx has a wrong token: the client's key is not called bad", async () => {
    await using own = await startTestApi();
    const answer = await refusedWith(hostOf(own.url));
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([503, null]);
  });
});
