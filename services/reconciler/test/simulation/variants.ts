import { type ItsyClient } from "@itsy/client";
import type { RegisterInput, RegisterOutcome } from "@itsy/contract";
import { isAlreadyExists, type KubeClient, type KubeObject, type Stored } from "@itsy/controller-runtime";

import { isStaging } from "./staging-name.ts";

export interface Clients {
  readonly kube: KubeClient;
  readonly delivery: ItsyClient["delivery"];
}

/** The protocol as it is, or broken in one place: the simulation has to tell them apart. */
export interface Variant {
  readonly name: string;
  readonly wrap: (clients: Clients) => Clients;
  /** Whether its clock for the deadline runs. */
  readonly seesTime: boolean;
}

const asIs = (clients: Clients): Clients => clients;

export const correct: Variant = { name: "as it is", wrap: asIs, seesTime: true };

const registered = (input: RegisterInput, keyId: string): RegisterOutcome => ({
  outcome: "registered",
  keyId,
  revision: input.revision,
  deliverUntil: new Date(0).toISOString(),
});

/** What was to be registered is registered right before it is confirmed. */
const publishBeforeRegister: Variant = {
  name: "publishes before it registers",
  seesTime: true,
  wrap: ({ kube, delivery }) => {
    const waiting: RegisterInput[] = [];
    return {
      kube,
      delivery: {
        ...delivery,
        register: async (input) => {
          waiting.push(input as RegisterInput);
          return registered(input as RegisterInput, `key_${"0".repeat(26)}`);
        },
        observe: async (input, options) => {
          for (const one of waiting.splice(0)) await delivery.register(one, options);
          return delivery.observe(input, options);
        },
      },
    };
  },
};

const retiresTooEarly: Variant = {
  name: "confirms before it publishes",
  seesTime: true,
  wrap: ({ kube, delivery }) => ({
    kube,
    delivery: {
      ...delivery,
      register: async (input, options) => {
        const outcome = await delivery.register(input, options);
        const { owner, revision, secretSha256 } = input;
        if (outcome.outcome === "registered")
          await delivery.confirm({ ownerUid: owner.uid, revision, secretSha256, overlapMs: 0 }, options);
        return outcome;
      },
    },
  }),
};

/** Each reconciler goes on with the value that it generated, whoever was first. */
const ownStaging: Variant = {
  name: "does not take the value that is staged already",
  seesTime: true,
  wrap: ({ kube, delivery }) => {
    const own = new Map<string, Stored<KubeObject>>();
    return {
      delivery,
      kube: {
        ...kube,
        create: async (type, object, options) => {
          const { name, namespace = "" } = object.metadata;
          try {
            return await kube.create(type, object, options);
          } catch (error) {
            if (!isAlreadyExists(error) || !isStaging(name)) throw error;
            const metadata = { ...object.metadata, uid: "own", resourceVersion: "1", creationTimestamp: "" };
            const stored = { apiVersion: "v1", kind: "Secret", ...object, metadata };
            own.set(`${namespace}/${name}`, stored);
            return stored;
          }
        },
        get: async (type, name, options) =>
          (own.get(`${name.namespace}/${name.name}`) as never) ?? kube.get(type, name, options),
      },
    };
  },
};

const noPrecondition: Variant = {
  name: "publishes over whatever is there",
  seesTime: true,
  wrap: ({ kube, delivery }) => ({
    delivery,
    kube: {
      ...kube,
      // oxlint-disable-next-line max-params -- the signature is the client's
      mergePatch: (type, name, patch, options) => {
        const {
          resourceVersion: _,
          uid: __,
          ...metadata
        } = (patch as { metadata?: Record<string, unknown> }).metadata ?? {};
        return kube.mergePatch(type, name, { ...(patch as object), metadata } as never, options);
      },
    },
  }),
};

const noDeadline: Variant = { name: "publishes however late it is", wrap: asIs, seesTime: false };

const noRelease: Variant = {
  name: "lets the ApiKey go without releasing its key",
  seesTime: true,
  wrap: ({ kube, delivery }) => ({
    kube,
    delivery: {
      ...delivery,
      release: async () => ({ keyId: null, effectiveEverywhere: true, waitedMs: 0 }),
    },
  }),
};

/** Some Secrets it only seems to delete. */
const leaving = (name: string, isLeft: (secretName: string) => boolean): Variant => ({
  name,
  seesTime: true,
  wrap: ({ kube, delivery }) => ({
    delivery,
    kube: {
      ...kube,
      delete: async (type, secret, options) => (isLeft(secret.name) ? true : kube.delete(type, secret, options)),
    },
  }),
});

const leavesStaging = leaving("leaves what it staged", isStaging);
const leavesFormer = leaving("leaves the Secret of a name that the manifest had before", (name) => !isStaging(name));

/** What it hears of a revoked key is that there is none. */
const replacesRevoked: Variant = {
  name: "replaces a key that a person ended",
  seesTime: true,
  wrap: ({ kube, delivery }) => ({
    kube,
    delivery: {
      ...delivery,
      register: (input, options) => delivery.register({ ...input, replaceRevoked: true }, options),
      observe: async (input, options) => {
        const view = await delivery.observe(input, options);
        return view.key?.status === "revoked" ? { ...view, key: null } : view;
      },
    },
  }),
};

export const brokenVariants: readonly Variant[] = [
  publishBeforeRegister,
  retiresTooEarly,
  ownStaging,
  noPrecondition,
  noDeadline,
  noRelease,
  leavesStaging,
  leavesFormer,
  replacesRevoked,
];
