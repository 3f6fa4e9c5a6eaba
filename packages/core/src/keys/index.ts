import type { DomainDeps } from "../deps.ts";
import { createReadHealth } from "../health/read-health.ts";
import { createReadUsage } from "../usage/read-usage.ts";
import { createCreateKey } from "./create-key.ts";
import { createDeleteKey } from "./delete-key.ts";
import { createFinishOverlap } from "./finish-overlap.ts";
import { createManyKeys } from "./many-keys.ts";
import { createPauseKey, createResumeKey } from "./pause-key.ts";
import { createCountKeys, createGetKey, createListKeys } from "./read-keys.ts";
import { createRevokeKey } from "./revoke-key.ts";
import { createRotateKey } from "./rotate-key.ts";
import { createUpdateKey } from "./update-key.ts";

/** The use-cases of a workspace's own keys. */
export const createKeys = (deps: DomainDeps) =>
  Object.freeze({
    create: createCreateKey(deps),
    get: createGetKey(deps),
    list: createListKeys(deps),
    count: createCountKeys(deps),
    usage: createReadUsage(deps),
    health: createReadHealth(deps),
    rotate: createRotateKey(deps),
    revoke: createRevokeKey(deps),
    update: createUpdateKey(deps),
    pause: createPauseKey(deps),
    resume: createResumeKey(deps),
    finishOverlap: createFinishOverlap(deps),
    delete: createDeleteKey(deps),
    ...createManyKeys(deps),
  });
export type Keys = ReturnType<typeof createKeys>;
