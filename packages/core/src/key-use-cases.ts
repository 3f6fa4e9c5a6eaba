import type { DomainDeps } from "./deps.ts";
import { createReadHealth } from "./health/read-health.ts";
import { createCreateKey } from "./keys/create-key.ts";
import { createDeleteKey } from "./keys/delete-key.ts";
import { createFinishOverlap } from "./keys/finish-overlap.ts";
import { createManyKeys } from "./keys/many-keys.ts";
import { createPauseKey, createResumeKey } from "./keys/pause-key.ts";
import { createCountKeys, createGetKey, createListKeys } from "./keys/read-keys.ts";
import { createRevokeKey } from "./keys/revoke-key.ts";
import { createRotateKey } from "./keys/rotate-key.ts";
import { createUpdateKey } from "./keys/update-key.ts";
import { createReadUsage } from "./usage/read-usage.ts";

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
