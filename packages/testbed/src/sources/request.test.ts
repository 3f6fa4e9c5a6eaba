import getPort from "get-port";
import { expect, test } from "vitest";
import { request } from "./request.ts";

test("a host that cannot be reached is told with the reason", async () => {
  const port = await getPort({ host: "127.0.0.1" });
  await expect(request(`http://127.0.0.1:${port}/a`, { timeoutMs: 5000 })).rejects.toThrow(
    new RegExp(`^127\\.0\\.0\\.1:${port} cannot be reached: .*ECONNREFUSED`),
  );
});
