import type { DomainDeps } from "../deps.ts";
import { createCreateKey } from "./create-key.ts";
import { createGetKey, createListKeys } from "./read-keys.ts";
import { createRevokeKey } from "./revoke-key.ts";
import { createRotateKey } from "./rotate-key.ts";

/** The use-cases of a workspace's own keys. */
export const createKeys = (deps: DomainDeps) =>
  Object.freeze({
    create: createCreateKey(deps),
    get: createGetKey(deps),
    list: createListKeys(deps),
    rotate: createRotateKey(deps),
    revoke: createRevokeKey(deps),
  });
export type Keys = ReturnType<typeof createKeys>;
