import { REGISTERED_REVISION_MAX } from "@itsy/contract";
import { isForbidden, type KubeClient, type Secret, Secrets, type Stored } from "@itsy/controller-runtime";

import { annotations, FIELD_MANAGER, STAGED_DATA_KEY, stagingName } from "./names.ts";
import type { StagedSecret, TargetSecret } from "./observed.ts";
import { readValue } from "./secret-value.ts";
import { PREVIOUS_SUFFIX } from "./template.ts";

/** Whether the object's controller is the one with this uid. */
const isControlledBy = ({ metadata }: Stored<Secret>, ownerUid: string): boolean =>
  (metadata.ownerReferences ?? []).some(({ controller, uid }) => controller === true && uid === ownerUid);

/** The annotated revision. What a person wrote there and makes no sense counts as none. */
const annotatedRevision = ({ metadata }: Stored<Secret>): number => {
  const text = metadata.annotations?.[annotations.revision] ?? "";
  const revision = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : 0;
  return revision < REGISTERED_REVISION_MAX ? revision : 0;
};

interface FieldSet {
  readonly [field: string]: FieldSet;
}

/** The names of the fields below, as the API server keeps book on who wrote them (`fieldsV1`). */
const namesIn = (fields: FieldSet | undefined): readonly string[] =>
  Object.keys(fields ?? {}).flatMap((field) => (field.startsWith("f:") ? [field.slice(2)] : []));

const oursIn = ({ metadata }: Stored<Secret>): TargetSecret["ours"] => {
  const sets = (metadata.managedFields ?? [])
    .filter(({ manager }) => manager === FIELD_MANAGER)
    .map(({ fieldsV1 }) => (fieldsV1 ?? {}) as FieldSet);
  const below = (find: (fields: FieldSet) => FieldSet | undefined) => sets.flatMap((fields) => namesIn(find(fields)));
  return {
    labels: below((fields) => fields["f:metadata"]?.["f:labels"]),
    annotations: below((fields) => fields["f:metadata"]?.["f:annotations"]),
    data: below((fields) => fields["f:data"]),
  };
};

/** Under which key the value lies: where the Secret says so, else where the manifest wants it. */
const dataKeyOf = ({ metadata, data }: Stored<Secret>, declared: string): string => {
  const annotated = metadata.annotations?.[annotations.dataKey] ?? declared;
  return data !== undefined && annotated in data ? annotated : declared;
};

export interface TargetOwner {
  readonly name: string;
  readonly uid: string;
  /** The declared one. */
  readonly dataKey: string;
}

const metadataOf = ({ metadata }: Stored<Secret>) => ({
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
  createdAt: metadata.creationTimestamp,
  labels: metadata.labels ?? {},
  annotations: metadata.annotations ?? {},
  owners: metadata.ownerReferences ?? [],
  rotateHandled: metadata.annotations?.[annotations.rotateHandled] ?? null,
});

/** A target Secret as it was read or written; what its value is, the service has not said yet. */
export const targetOf = (secret: Stored<Secret>, owner: TargetOwner): TargetSecret => {
  const data = secret.data ?? {};
  const dataKey = dataKeyOf(secret, owner.dataKey);
  return {
    ...metadataOf(secret),
    name: owner.name,
    isOurs: isControlledBy(secret, owner.uid),
    revision: annotatedRevision(secret),
    data: () => data,
    ours: oursIn(secret),
    dataKey,
    value: readValue(data, dataKey),
    version: null,
    previous: readValue(data, dataKey + PREVIOUS_SUFFIX),
    previousVersion: null,
  };
};

export const stagedOf = (secret: Stored<Secret>, ownerUid: string): StagedSecret => ({
  name: secret.metadata.name,
  uid: secret.metadata.uid,
  isOurs: isControlledBy(secret, ownerUid),
  revision: annotatedRevision(secret),
  value: readValue(secret.data, STAGED_DATA_KEY),
  version: null,
});

export interface SecretReader {
  target(name: string, dataKey: string): Promise<TargetSecret | null>;
  staged(apiKey: string): Promise<StagedSecret | null>;
}

/** Reads the Secrets of one ApiKey, each by its name: listing Secrets is a right that the reconciler does not have. */
export const createSecretReader = (
  kube: Pick<KubeClient, "get">,
  owner: {
    readonly namespace: string;
    readonly uid: string;
    /** The namespace goes, and whatever gave the right to read it may be gone already: what cannot be read goes too. */
    readonly isGoing: boolean;
    readonly signal: AbortSignal;
  },
): SecretReader => {
  const { namespace, uid, isGoing, signal } = owner;
  const read = async (name: string) => {
    try {
      return await kube.get(Secrets, { namespace, name }, { signal });
    } catch (error) {
      if (isGoing && isForbidden(error)) return null;
      throw error;
    }
  };
  return {
    target: async (name, dataKey) => {
      const secret = await read(name);
      return secret === null ? null : targetOf(secret, { name, uid, dataKey });
    },
    staged: async (apiKey) => {
      const secret = await read(stagingName(apiKey, uid));
      return secret === null ? null : stagedOf(secret, uid);
    },
  };
};
