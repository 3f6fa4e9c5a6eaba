import { createServer } from "node:net";
import getPort from "get-port";

const HOST = "127.0.0.1";

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });

/**
 * A free loopback port; `preferred` when that one is free.
 * The preferred one is tried here and not by get-port, which would refuse what it gave out a moment ago.
 */
export const freePort = async (preferred?: number): Promise<number> =>
  preferred !== undefined && (await isFree(preferred)) ? preferred : getPort({ host: HOST });

const BIND_FAILURE = /address already in use|only one usage of each socket address|bind on tcp\/ip port/i;

const messages = (error: unknown): string =>
  error instanceof Error ? `${error.message}\n${messages(error.cause)}` : "";

/** Another process can take a free port before our server binds it: start again on another one. */
export const withFreePort = async <T>(start: (port: number) => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt >= 3 || !BIND_FAILURE.test(messages(error))) throw error;
    }
  }
};
