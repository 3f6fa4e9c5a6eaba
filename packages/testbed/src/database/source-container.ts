import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerRuntimeClient } from "testcontainers";
import { freePort } from "../process/free-port.ts";
import type { Finding, Source } from "../sources/source.ts";
import { waitUntilServing } from "./connection.ts";
import type { Engine, Launch } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";

const PORT = 3306;

/** Loaded when it is looked at: it is by far the largest dependency. */
const loadTestcontainers = () => import("testcontainers");

const ANSWER_TIMEOUT_MS = 5000;

const connectEngine = async (): Promise<ContainerRuntimeClient> => {
  const { getContainerRuntimeClient } = await loadTestcontainers();
  const tooLate = sleep(ANSWER_TIMEOUT_MS, null, { ref: false }).then(() => {
    throw new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`);
  });
  return Promise.race([getContainerRuntimeClient(), tooLate]);
};

const inspectEngine = async (image: string): Promise<Finding> => {
  try {
    const { ImageName } = await loadTestcontainers();
    const client = await connectEngine();
    return (await client.image.exists(ImageName.fromString(image)))
      ? { state: "ready", detail: image }
      : { state: "obtainable", cost: `pulling ${image}` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { state: "unavailable", reason: `no Docker engine answers (${message})` };
  }
};

const startContainer = async ({ container: { image, env } }: Flavour): Promise<Engine> => {
  const { GenericContainer } = await loadTestcontainers();
  const client = await connectEngine();
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
    inspect: () => inspectEngine(image),
    obtain: async () => {
      const { ImageName } = await loadTestcontainers();
      const client = await connectEngine();
      await client.image.pull(ImageName.fromString(image));
      return () => startContainer(flavour);
    },
  };
};
