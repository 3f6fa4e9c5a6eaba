import { type ItsyClient } from "@itsy/client";
import { procedures } from "@itsy/contract";
import type { KubeClient } from "@itsy/controller-runtime";

import type { Effects } from "./effects.ts";

type Delivery = ItsyClient["delivery"];

const mutations = Object.entries(procedures.delivery)
  .filter(([, { type }]) => type === "mutation")
  .map(([name]) => name as keyof Delivery);

/** The client of the API server, all of whose writes are effects. */
export const hookWrites = (kube: KubeClient, { write }: Pick<Effects, "write">): KubeClient => ({
  ...kube,
  create: (type, object, options) => write(`create ${type.plural}`, () => kube.create(type, object, options)),
  replace: (type, object, options) => write(`replace ${type.plural}`, () => kube.replace(type, object, options)),
  // oxlint-disable-next-line max-params -- the signature is the client's
  mergePatch: (type, name, patch, options) =>
    write(`patch ${type.plural}`, () => kube.mergePatch(type, name, patch, options)),
  // oxlint-disable-next-line max-params -- the signature is the client's
  jsonPatch: (type, name, patch, options) =>
    write(`patch ${type.plural}`, () => kube.jsonPatch(type, name, patch, options)),
  apply: (type, object, options) => write(`apply ${type.plural}`, () => kube.apply(type, object, options)),
  delete: (type, name, options) => write(`delete ${type.plural}`, () => kube.delete(type, name, options)),
});

/** The client of the service, all of whose mutations are effects. */
export const hookCalls = (delivery: Delivery, { write }: Pick<Effects, "write">): Delivery => {
  const hooked = mutations.map((name) => {
    const call = delivery[name] as (...args: readonly unknown[]) => Promise<unknown>;
    return [name, (...args: readonly unknown[]) => write(`call ${name}`, () => call(...args))] as const;
  });
  return Object.freeze({ ...delivery, ...Object.fromEntries(hooked) });
};
