import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ContainerRuntimeClient } from "testcontainers";
import { freePort } from "../process/free-port.ts";
import type { Finding, Source } from "../sources/source.ts";
import { waitUntilServing } from "./connection.ts";
import type { Engine, Launch } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";

const PORT = 3306;

/** Loaded only where an engine may be: it is by far the largest dependency. */
const loadTestcontainers = () => import("testcontainers");

/** Something that says an engine may be there. Without one, the library need not be loaded to look. */
const hasEngineHint = (env: NodeJS.ProcessEnv): boolean =>
  env["DOCKER_HOST"] !== undefined ||
  process.platform === "win32" ||
  [
    "/var/run/docker.sock",
    join(env["XDG_RUNTIME_DIR"] ?? "/nonexistent", "docker.sock"),
    join(homedir(), ".docker/run/docker.sock"),
    join(homedir(), ".docker/desktop/docker.sock"),
    join(homedir(), ".testcontainers.properties"),
  ].some((path) => existsSync(path));

const inspectEngine = async (env: NodeJS.ProcessEnv, image: string): Promise<Finding> => {
  if (!hasEngineHint(env)) return { state: "unavailable", reason: "no Docker engine" };
  try {
    const { getContainerRuntimeClient, ImageName } = await loadTestcontainers();
    const client = await getContainerRuntimeClient();
    return (await client.image.exists(ImageName.fromString(image)))
      ? { state: "ready", detail: image }
      : { state: "obtainable", cost: `pulling ${image}` };
  } catch (error) {
    return { state: "unavailable", reason: `no Docker engine answers: ${String(error)}` };
  }
};

const startContainer = async ({ container: { image, env } }: Flavour): Promise<Engine> => {
  const { GenericContainer, getContainerRuntimeClient } = await loadTestcontainers();
  const client: ContainerRuntimeClient = await getContainerRuntimeClient();
  // A fixed host port: an engine gives a container another random one when it starts it again.
  const container = await new GenericContainer(image)
    .withEnvironment({ ...env })
    .withExposedPorts({ container: PORT, host: await freePort() })
    .start();
  const url = `mysql://root@${container.getHost()}:${container.getMappedPort(PORT)}`;
  const handle = client.container.getById(container.getId());
  const start = async (): Promise<void> => {
    await client.container.start(handle);
    await waitUntilServing(url);
  };
  await waitUntilServing(url, 120_000);
  return Object.freeze({
    url,
    kill: async () => {
      await handle.kill();
      await handle.wait();
    },
    start,
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  });
};

/** A throw-away container. */
export const containerServer = (flavour: Flavour): Source<Launch> => {
  const { image } = flavour.container;
  return {
    name: "container",
    howTo: "start a Docker engine that this user may use",
    inspect: () => inspectEngine(process.env, image),
    obtain: async () => {
      const { getContainerRuntimeClient, ImageName } = await loadTestcontainers();
      const client = await getContainerRuntimeClient();
      await client.image.pull(ImageName.fromString(image));
      return () => startContainer(flavour);
    },
  };
};
