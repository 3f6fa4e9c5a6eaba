import type { DomainDeps } from "../deps.ts";
import { createAdopt } from "./adopt.ts";
import { createConfigure } from "./configure.ts";
import { createConfirm } from "./confirm.ts";
import { createObserve } from "./observe.ts";
import { createRegister } from "./register.ts";
import { createRelease } from "./release.ts";
import { createRetire } from "./retire.ts";

/** Handing secret versions to Kubernetes Secrets, without the secrets. */
export const createDelivery = (deps: DomainDeps) =>
  Object.freeze({
    observe: createObserve(deps),
    register: createRegister(deps),
    confirm: createConfirm(deps),
    configure: createConfigure(deps),
    release: createRelease(deps),
    adopt: createAdopt(deps),
    retire: createRetire(deps),
  });
export type Delivery = ReturnType<typeof createDelivery>;
