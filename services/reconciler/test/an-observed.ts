import type { DeliveryView, VersionState } from "@itsy/contract";
import { generateSecret } from "@itsy/key-format";

import { annotations, FINALIZER } from "../src/api-key/names.ts";
import type { Observed, StagedSecret, TargetSecret } from "../src/api-key/observed.ts";
import type { StoredApiKey } from "../src/api-key/resource.ts";
import { ApiKeySpec } from "../src/api-key/schema/spec.ts";
import type { ApiKeyStatus } from "../src/api-key/schema/status.ts";
import { createSecretValue, type SecretValue } from "../src/api-key/secret-value.ts";
import { contentOf, type PublishedValue } from "../src/api-key/target/content.ts";

export const now = new Date("2026-11-22T10:00:00Z");
export const uid = "0b7c3f7e-2f6a-4a0e-9c55-2b1d5b1f3a77";
export const keyId = `key_${"0".repeat(26)}`;

export const aValue = (environment: "production" | "local" = "production"): SecretValue =>
  createSecretValue(generateSecret({ environment }));

const spec = { workspace: "acme", displayName: "Website", environment: "production" };

export const anApiKey = (
  change: {
    spec?: object;
    status?: ApiKeyStatus;
    rotateRequest?: string;
    isDeleted?: boolean;
    finalizers?: readonly string[];
  } = {},
): StoredApiKey => ({
  apiVersion: "keys.itsy.dev/v1",
  kind: "ApiKey",
  metadata: {
    name: "website",
    namespace: "shop",
    uid,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-11-22T09:00:00Z",
    finalizers: change.finalizers ?? [FINALIZER],
    annotations: {
      [annotations.secretNames]: "website",
      ...(change.rotateRequest === undefined ? {} : { [annotations.rotateRequestedAt]: change.rotateRequest }),
    },
    ...(change.isDeleted ? { deletionTimestamp: "2026-11-22T09:59:00Z" } : {}),
  },
  spec: { ...spec, ...change.spec } as StoredApiKey["spec"],
  ...(change.status === undefined ? {} : { status: change.status }),
});

export const aKey = (change: Partial<NonNullable<DeliveryView["key"]>> = {}): NonNullable<DeliveryView["key"]> => ({
  keyId,
  workspace: "acme",
  project: "default",
  environment: "production",
  status: "active",
  settings: { name: "Website", requestsPerMinute: 60, expiresAt: null, paused: false, permissions: [], ipRules: [] },
  pausedByPerson: false,
  displayPrefix: "itsy_production_sk_abcd",
  revision: 1,
  latestRevision: 1,
  rotatedAt: "2026-11-22T09:30:00Z",
  retiringUntil: null,
  retiring: null,
  ...change,
});

/** What is in a Secret that was written with the value. */
const writtenBy = (
  declared: ApiKeySpec,
  { value, ...published }: Omit<PublishedValue, "value"> & { readonly value: SecretValue | null },
): Pick<TargetSecret, "labels" | "annotations" | "data" | "ours"> => {
  const {
    labels,
    annotations: marks,
    data,
  } = contentOf({ spec: declared }, { ...published, value: value ?? aValue() });
  return { labels, annotations: marks, data: () => data, ours: { labels: [], annotations: [], data: [] } };
};

export const aTarget = (change: Partial<TargetSecret> & { state?: VersionState } = {}): TargetSecret => {
  const { state = "current", revision = 1, ...rest } = change;
  const value = change.value === undefined ? aValue() : change.value;
  const previous = change.previous ?? null;
  return {
    name: "website",
    uid: "target-uid",
    resourceVersion: "10",
    isOurs: true,
    revision,
    rotateHandled: null,
    createdAt: "2026-11-22T09:30:00Z",
    ...writtenBy(ApiKeySpec.parse(spec), {
      value,
      previous,
      revision,
      keyId,
      rotateHandled: rest.rotateHandled ?? null,
    }),
    owners: [],
    dataKey: "apiKey",
    previous,
    previousVersion: null,
    value,
    version: { revision, state },
    ...rest,
  };
};

export const aStaged = (
  revision: number,
  change: Partial<StagedSecret> & { state?: VersionState } = {},
): StagedSecret => {
  const { state, ...rest } = change;
  return {
    name: "website-staged-0b7c3f7e",
    uid: `staged-${revision}`,
    isOurs: true,
    revision,
    value: aValue(),
    version: state === undefined ? null : { revision, state },
    ...rest,
  };
};

/** As it is in the steady state: revision 1 is current and in the target. */
export const anObserved = (
  change: Partial<Omit<Observed, "view">> & { view?: Partial<DeliveryView> } = {},
): Observed => {
  const apiKey = change.apiKey ?? anApiKey();
  return {
    grant: { granted: true },
    olderRival: null,
    isNamespaceTerminating: false,
    isAdoptionRefused: false,
    target: aTarget(),
    formers: [],
    isRewritten: false,
    staged: null,
    registration: null,
    publishedAtMs: null,
    propagation: null,
    restart: null,
    spentRevision: 0,
    ...change,
    apiKey,
    spec: ApiKeySpec.parse(apiKey.spec),
    view: { at: now.toISOString(), key: aKey(), candidates: [], released: false, ...change.view },
  };
};

/** Before anything was ever made. */
export const aFresh = (change: Parameters<typeof anObserved>[0] = {}): Observed =>
  anObserved({ target: null, ...change, view: { key: null, ...change.view } });
