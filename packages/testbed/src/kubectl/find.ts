import { readEnv } from "../env.ts";
import { type Log, silent } from "../log.ts";
import { firstOf } from "../sources/source.ts";
import { kubectlRequest } from "./request.ts";
import { kubectlSources } from "./sources.ts";

export type KubectlOptions = {
  /** Gets progress lines while it is downloaded or built. */
  readonly log?: Log;
};

/**
 * Full path of a kubectl. It is there at once or brought: downloaded in seconds, built in minutes, once.
 * @throws TestbedUnavailableError when there is no source of one.
 */
export const findKubectl = async ({ log = silent }: KubectlOptions = {}): Promise<string> => {
  const { value } = await firstOf("kubectl", kubectlSources(await kubectlRequest(readEnv())), log);
  return value;
};
