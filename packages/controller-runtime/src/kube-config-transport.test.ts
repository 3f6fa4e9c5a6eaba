import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { inspect } from "node:util";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { createKubeClient } from "./create-kube-client.ts";
import { KubeError } from "./kube-error.ts";
import { ConfigMaps, Secrets } from "./resources.ts";

interface FakeApiServer extends AsyncDisposable {
  readonly server: Server;
  readonly url: string;
}

const listen = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<FakeApiServer> => {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const dispose = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, [Symbol.asyncDispose]: dispose };
};

const kubeConfigFor = (cluster: { server: string; proxyUrl?: string }, user: object = {}): KubeConfig => {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser({ name: "c", skipTLSVerify: true, ...cluster }, { name: "u", ...user });
  return kubeConfig;
};

const reply = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
};

const map = { kind: "ConfigMap", metadata: { name: "a", namespace: "n" } };
const name = { namespace: "n", name: "a" };
const userAgent = "tests";

test("a token that the server refuses is read anew for the next request", async () => {
  const seen: unknown[] = [];
  await using api = await listen((request, response) => {
    seen.push(request.headers.authorization);
    reply(response, request.headers.authorization === "Bearer new" ? 200 : 401, map);
  });
  const tokens = ["old", "new", "newer"];
  const kubeConfig = kubeConfigFor({ server: api.url });
  kubeConfig.addAuthenticator({
    isAuthProvider: () => true,
    applyAuthentication: async (_, options) => {
      options.headers = { ...options.headers, Authorization: `Bearer ${tokens.shift()}` };
    },
  });
  const client = createKubeClient({ kubeConfig, userAgent });
  await expect(client.get(ConfigMaps, name)).rejects.toMatchObject({ status: 401, reason: "Unauthorized" });
  for (let i = 0; i < 3; i += 1) expect(await client.get(ConfigMaps, name)).toEqual(map);
  expect(seen).toEqual(["Bearer old", "Bearer new", "Bearer new", "Bearer new"]);
  await client.close();
});

test("basic credentials, a path in the server's address and the user agent are sent", async () => {
  const seen: unknown[] = [];
  await using api = await listen((request, response) => {
    seen.push(request.url, request.headers.authorization, request.headers["user-agent"]);
    reply(response, 200, map);
  });
  const kubeConfig = kubeConfigFor({ server: `${api.url}/k8s/clusters/one/` }, { username: "me", password: "secret" });
  const client = createKubeClient({ kubeConfig, userAgent });
  await client.get(ConfigMaps, name);
  const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
  expect(seen).toEqual(["/k8s/clusters/one/api/v1/namespaces/n/configmaps/a", basic, userAgent]);
  await client.close();
});

test("a connection is kept after every verb, also after a DELETE with preconditions", async () => {
  let connections = 0;
  await using api = await listen((request, response) => {
    request.resume().on("end", () => reply(response, 200, map));
  });
  api.server.on("connection", () => {
    connections += 1;
  });
  const client = createKubeClient({ kubeConfig: kubeConfigFor({ server: api.url }), userAgent });
  await client.create(ConfigMaps, map);
  await client.delete(ConfigMaps, name, { uid: "1" });
  await client.mergePatch(ConfigMaps, name, { data: {} });
  await client.delete(ConfigMaps, name);
  await client.get(ConfigMaps, name);
  expect(connections).toBe(1);
  await client.close();
});

test("the kubeconfig's proxy is used, over kept connections", async () => {
  await using api = await listen((_, response) => reply(response, 200, map));
  const through: unknown[] = [];
  await using proxy = await listen((request, response) => {
    through.push(request.url);
    reply(response, 200, map);
  });
  proxy.server.on("connect", (request, socket) => {
    through.push(request.url);
    const target = connect(Number(new URL(api.url).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    for (const each of [socket, target]) each.on("error", () => {});
  });
  const client = createKubeClient({ kubeConfig: kubeConfigFor({ server: api.url, proxyUrl: proxy.url }), userAgent });
  for (let i = 0; i < 3; i += 1) expect(await client.get(ConfigMaps, name)).toEqual(map);
  expect(through.length).toBeGreaterThan(0);
  await client.close();
});

test("an answer that is cut or no JSON is an error that does not quote it", async () => {
  await using api = await listen((_, response) => reply(response, 200, '{"data":{"password":"aHVudGVyMg'));
  const client = createKubeClient({ kubeConfig: kubeConfigFor({ server: api.url }), userAgent });
  const error = await client.get(Secrets, name).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(KubeError);
  expect(inspect(error, { depth: 9 })).not.toContain("aHVudGVyMg");
  await client.close();
});

test("Retry-After and a page that is no Status make a KubeError all the same", async () => {
  await using api = await listen((_, response) => {
    response.setHeader("retry-after", "7");
    reply(response, 429, "<html>slow down</html>");
  });
  const client = createKubeClient({ kubeConfig: kubeConfigFor({ server: api.url }), userAgent });
  const refusal = { status: 429, reason: "TooManyRequests", retryAfterMs: 7_000 };
  await expect(client.get(ConfigMaps, name)).rejects.toMatchObject(refusal);
  await client.close();
});

test("an observer that throws does not turn an answer into a failure", async () => {
  await using api = await listen((_, response) => reply(response, 200, map));
  const onRequest = (): never => {
    throw new Error("boom");
  };
  const client = createKubeClient({ kubeConfig: kubeConfigFor({ server: api.url }), userAgent, onRequest });
  expect(await client.get(ConfigMaps, name)).toEqual(map);
  await client.close();
});

test("a wrapped transport can lose an answer after the server has acted", async () => {
  let served = 0;
  await using api = await listen((_, response) => {
    served += 1;
    reply(response, 200, map);
  });
  const client = createKubeClient({
    kubeConfig: kubeConfigFor({ server: api.url }),
    userAgent,
    wrapTransport: (transport) => ({
      ...transport,
      send: async (request) => {
        await transport.send(request);
        throw new Error("lost");
      },
    }),
  });
  await expect(client.get(ConfigMaps, name)).rejects.toMatchObject({ status: 0, reason: "Unreachable" });
  expect(served).toBe(1);
  await client.close();
});
