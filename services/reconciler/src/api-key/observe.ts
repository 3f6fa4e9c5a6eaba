import type { ItsyClient } from "@itsy/client";
import type { DeliveryView } from "@itsy/contract";
import type { KubeClient } from "@itsy/controller-runtime";

import type { Effects } from "../effects.ts";
import type { GrantVerdict } from "../grant/decide.ts";
import { isAbandoned } from "./abandoned.ts";
import {
  hasFinalizer,
  isDeleted,
  namespaceOf,
  type Observed,
  type TargetSecret,
  targetNameOf,
  uidOf,
  type Version,
} from "./observed.ts";
import { createSecretReader } from "./read-secrets.ts";
import type { StoredApiKey } from "./resource.ts";
import { ApiKeySpec } from "./schema/spec.ts";
import type { SecretValue } from "./secret-value.ts";
import { formerNames } from "./target/names.ts";

/** As many values as the service takes in one question; more never lie in the Secrets of one ApiKey. */
const CANDIDATES_MAX = 32;

export interface ObserveDeps {
  readonly kube: Pick<KubeClient, "get">;
  readonly delivery: Pick<ItsyClient["delivery"], "observe">;
  readonly effects: Effects;
  /** What the grants say, from a complete store. */
  readonly grantFor: (apiKey: StoredApiKey) => GrantVerdict;
  /** Of the older ApiKeys that want the same Secret the youngest, from a complete store. */
  readonly olderRivalOf: (apiKey: StoredApiKey) => string | null;
  /** Whether the namespace is being deleted, as far as is known here. */
  readonly isTerminating: (namespace: string) => boolean;
}

/** The stored spec does not fit the schema: it was written under another one. */
export class InvalidSpecError extends Error {
  override readonly name = "InvalidSpecError";
}

const parseSpec = ({ spec }: StoredApiKey): ApiKeySpec => {
  const parsed = ApiKeySpec.safeParse(spec);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `spec.${path.join(".")}: ${message}`);
  throw new InvalidSpecError(fields.join("; ").slice(0, 1_000));
};

/**
 * Digests travel only of what we own, or left behind ourselves, and what has the form of our secrets: nobody else's
 * value leaves the cluster.
 */
export const candidatesOf = (observed: Pick<Observed, "apiKey" | "target" | "formers" | "staged">): string[] => {
  const { target, formers, staged } = observed;
  const isOneOfOurs = target !== null && (target.isOurs || isAbandoned(target, observed));
  const targets = [...(isOneOfOurs ? [target] : []), ...formers.filter(({ isOurs }) => isOurs)];
  const values = [...targets.flatMap(({ value, previous }) => [value, previous]), staged?.isOurs ? staged.value : null];
  const digests = values.flatMap((value) => (value?.displayPrefix ? [value.sha256()] : []));
  return [...new Set(digests)].slice(0, CANDIDATES_MAX);
};

/** Says of every value what the view says it is. */
export const withView = (observed: Omit<Observed, "view">, view: DeliveryView): Observed => {
  const versionOf = (value: SecretValue | null): Version | null => {
    const found = view.candidates.find(({ secretSha256 }) => secretSha256 === value?.sha256());
    return found === undefined ? null : { revision: found.revision, state: found.state };
  };
  const judged = (target: TargetSecret): TargetSecret => ({
    ...target,
    version: versionOf(target.value),
    previousVersion: versionOf(target.previous),
  });
  return {
    ...observed,
    view,
    target: observed.target && judged(observed.target),
    formers: observed.formers.map(judged),
    staged: observed.staged && { ...observed.staged, version: versionOf(observed.staged.value) },
  };
};

/** Asks the service again, about the values that are known. */
export const refreshView = async (
  { delivery, effects }: Pick<ObserveDeps, "delivery" | "effects">,
  observed: Omit<Observed, "view">,
  signal: AbortSignal,
): Promise<Observed> => {
  const input = { ownerUid: uidOf(observed), candidates: candidatesOf(observed) };
  return withView(observed, await effects.run("observe", () => delivery.observe(input, { signal })));
};

/** What the service says of an ApiKey that it never heard of. Nothing that is due at a time is asked of it. */
const UNHEARD_OF: DeliveryView = Object.freeze({
  at: new Date(0).toISOString(),
  key: null,
  candidates: [],
  released: false,
});

/** As the API server writes it into the status of a new object. */
const NEVER_REPORTED = -1;

/**
 * Nobody began with it, nothing was reported on it, and nothing lies under its names. Should the service know it all
 * the same, because somebody took all of that away by hand, `register` says so before anything is readable.
 */
const isNew = ({ apiKey, spec, target, formers }: Omit<Observed, "view">): boolean =>
  !hasFinalizer({ apiKey }) &&
  (apiKey.status?.observedGeneration ?? NEVER_REPORTED) === NEVER_REPORTED &&
  !isDeleted({ apiKey }) &&
  spec.expiresAt === undefined &&
  target === null &&
  formers.length === 0;

const NOTHING_DONE = {
  isAdoptionRefused: false,
  registration: null,
  isRewritten: false,
  publishedAtMs: null,
  propagation: null,
  restart: null,
} as const;

export interface Looking {
  readonly signal: AbortSignal;
  readonly spentRevision?: number;
  /** Whether what the service says of a new ApiKey is taken for granted, rather than asked. */
  readonly trustsNew?: boolean;
}

/**
 * Gathers everything that `plan` decides on. What it cannot learn it throws: a service or an API server that does not
 * answer must never look like "there is no key".
 * @throws KubeError, ItsyError, InvalidSpecError
 */
export const observe = async (
  deps: ObserveDeps,
  apiKey: StoredApiKey,
  { signal, spentRevision = 0, trustsNew = false }: Looking,
): Promise<Observed> => {
  const spec = parseSpec(apiKey);
  const namespace = namespaceOf({ apiKey });
  const names = [targetNameOf({ apiKey, spec }), ...formerNames({ apiKey, spec })];
  const isNamespaceTerminating = deps.isTerminating(namespace);
  const isGoing = isNamespaceTerminating && isDeleted({ apiKey });
  const secrets = createSecretReader(deps.kube, { namespace, uid: apiKey.metadata.uid, isGoing, signal });
  // The finalizer comes before anything is staged; its patch fails where this ApiKey is no longer the latest.
  const [staged, target = null, ...others] = await Promise.all([
    hasFinalizer({ apiKey }) ? secrets.staged(apiKey.metadata.name) : null,
    ...names.map((name) => secrets.target(name, spec.secret.key)),
  ]);
  const formers = others.filter((former) => former !== null);
  const local = {
    apiKey,
    spec,
    grant: deps.grantFor(apiKey),
    olderRival: deps.olderRivalOf(apiKey),
    isNamespaceTerminating,
    target,
    formers,
    staged,
    spentRevision,
    ...NOTHING_DONE,
  };
  return trustsNew && isNew(local) ? withView(local, UNHEARD_OF) : refreshView(deps, local, signal);
};
