import { access, constants, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { expect, onTestFinished, test } from "vitest";
import { readEnv } from "../env.ts";
import { silent } from "../log.ts";
import { goArch } from "../platform.ts";
import { createScratch } from "../process/scratch.ts";
import { moduleHash } from "./module-hash.ts";
import { fetchedGo } from "./source-module-proxy.ts";

const platform = `${process.platform}-${goArch}`;
const version = `v0.0.1-go1.99.0.${platform}`;
const prefix = `golang.org/toolchain@${version}`;
const files = {
  [`${prefix}/bin/go`]: strToU8("go"),
  [`${prefix}/pkg/tool/${platform.replace("-", "_")}/compile`]: strToU8("compile"),
  [`${prefix}/src/_go.mod`]: strToU8("module std\n"),
};

/** A module proxy that has one version of one module. */
const startProxy = async (): Promise<string> => {
  const server = createServer((req, res) => {
    if (req.url === `/golang.org/toolchain/@v/${version}.zip`) res.end(zipSync(files));
    else res.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const setUp = async () => {
  const scratch = await createScratch(join(tmpdir(), "itsy-testbed"));
  onTestFinished(() => scratch[Symbol.asyncDispose]());
  const env = readEnv({ GOPROXY: `${await startProxy()}/,direct`, XDG_CACHE_HOME: scratch.dir });
  return (hash: string) => fetchedGo(env, { version: "1.99.0", hashes: { [platform]: hash } });
};

test("Go from a module proxy can be run, and has its modules' files under their own names", async () => {
  const goWith = await setUp();
  const source = goWith(moduleHash(files));
  expect(await source.inspect()).toMatchObject({ state: "obtainable" });

  const go = await source.obtain(silent);

  const root = dirname(dirname(go));
  await access(go, constants.X_OK);
  await access(join(root, "pkg/tool", platform.replace("-", "_"), "compile"), constants.X_OK);
  expect(await readFile(join(root, "src/go.mod"), "utf8")).toBe("module std\n");
  expect(await source.inspect()).toEqual({ state: "ready", detail: root });
});

test("what is not known by its hash is refused, and not kept", async () => {
  const goWith = await setUp();
  const source = goWith(moduleHash({ ...files, [`${prefix}/bin/go`]: strToU8("another go") }));

  await expect(source.obtain(silent)).rejects.toThrow("is not what the checksum database knows");
  expect(await source.inspect()).toMatchObject({ state: "obtainable" });
});

test("a platform of which no hash is known has none", async () => {
  const source = fetchedGo(readEnv({}), { version: "1.99.0", hashes: {} });
  expect(await source.inspect()).toEqual({ state: "unavailable", reason: `no Go is known here for ${platform}` });
});

test("where GOPROXY forbids downloads, nothing is downloaded", async () => {
  const source = fetchedGo(readEnv({ GOPROXY: "off" }), {
    version: "1.99.0",
    hashes: { [platform]: moduleHash(files) },
  });
  expect(await source.inspect()).toEqual({ state: "unavailable", reason: "GOPROXY names no module proxy" });
});
