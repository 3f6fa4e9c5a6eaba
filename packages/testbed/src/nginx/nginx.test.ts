import { describe, expect, test } from "vitest";
import { availability } from "../availability.ts";
import { readEnv } from "../env.ts";
import { startNginx } from "./start.ts";

const { ci } = readEnv();
const isMissing = (await availability()).find(({ id }) => id === "nginx")?.state === "missing";

/** By hand, an nginx that this machine cannot have is shown as skipped; with CI=true the tests run and fail. */
describe.runIf(ci || !isMissing)("nginx", { timeout: 300_000 }, () => {
  test("it serves what its configuration says, and files beside it can be included", async () => {
    await using nginx = await startNginx({
      config: (port) => `server { listen 127.0.0.1:${port}; include said.conf; }`,
      files: { "said.conf": "return 200 hello;" },
    });
    const response = await fetch(nginx.url);
    expect(await response.text()).toBe("hello");
    expect(response.headers.get("server")).toBe(`nginx/${nginx.version}`);
  });

  test("nothing of it is left when it was disposed of", async () => {
    let port = "";
    {
      await using nginx = await startNginx({ config: (port) => `server { listen 127.0.0.1:${port}; return 204; }` });
      ({ port } = new URL(nginx.url));
      expect((await fetch(nginx.url)).status).toBe(204);
    }
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow("fetch failed");
  });

  test("a configuration that nginx refuses is an error with its words", async () => {
    const starting = startNginx({ config: () => "nonsense;" });
    await expect(starting).rejects.toThrow(/unknown directive "nonsense"/);
  });
});
