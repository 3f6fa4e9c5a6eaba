import getPort from "get-port";

const HOST = "127.0.0.1";

/** A free loopback port; `preferred` when that one is free. */
export const freePort = (preferred?: number): Promise<number> =>
  getPort(preferred === undefined ? { host: HOST } : { host: HOST, port: [preferred] });

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
