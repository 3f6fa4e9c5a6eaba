import type { TestbedEnv } from "../env.ts";
import type { Source } from "../sources/source.ts";
import { PINNED_GO } from "./release.ts";
import { fetchedGo } from "./source-module-proxy.ts";
import { goOnPath } from "./source-path.ts";

/** The sources in the order in which they are tried; each delivers the full path of a go. */
export const goSources = (env: TestbedEnv): readonly Source<string>[] => [goOnPath(env), fetchedGo(env, PINNED_GO)];
