import type { TestbedEnv } from "../env.ts";
import type { Source } from "../sources/source.ts";
import { TestbedNotOwnedError } from "../unavailable.ts";
import { readVersion } from "./connection.ts";
import type { Engine, Launch } from "./database-server.ts";
import type { Flavour } from "./flavour.ts";

const givenEngine = (url: string, variable: string): Engine => {
  const notOwned = async (): Promise<never> => {
    throw new TestbedNotOwnedError(`the server of ${variable} is not ours to stop or start; unset ${variable}`);
  };
  return Object.freeze({ url, kill: notOwned, start: notOwned, [Symbol.asyncDispose]: async () => {} });
};

/** A server that runs already. Tests make databases of their own on it and drop them. */
export const givenServer = (flavour: Flavour, env: TestbedEnv): Source<Launch> => {
  const url = flavour.givenUrl(env);
  return {
    name: flavour.urlVariable,
    howTo: `set it to mysql://USER:PASSWORD@HOST:PORT of an account that may create databases`,
    asked: url !== null,
    inspect: async () =>
      url === null ? { state: "unavailable", reason: "not set" } : { state: "ready", detail: new URL(url).host },
    obtain: async () => {
      await readVersion(url ?? "");
      return async () => givenEngine(url ?? "", flavour.urlVariable);
    },
  };
};
