import { isForbidden, type KubeClient, type Secret, Secrets, type Stored } from "@itsy/controller-runtime";

import { annotations, STAGED_DATA_KEY, stagingName } from "./names.ts";
import type { StagedSecret, TargetSecret } from "./observed.ts";
import { readValue } from "./secret-value.ts";

const REVISION_MAX = 2_147_483_647;

/** Whether the object's controller is the one with this uid. */
const isControlledBy = ({ metadata }: Stored<Secret>, ownerUid: string): boolean =>
  (metadata.ownerReferences ?? []).some(({ controller, uid }) => controller === true && uid === ownerUid);

/** The annotated revision. What a person wrote there and makes no sense counts as none. */
const annotatedRevision = ({ metadata }: Stored<Secret>): number => {
  const text = metadata.annotations?.[annotations.revision] ?? "";
  const revision = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : 0;
  return revision < REVISION_MAX ? revision : 0;
};

/** A target Secret as it was read or written; what its value is, the service has not said yet. */
export const targetOf = (secret: Stored<Secret>, owner: { uid: string; dataKey: string }): TargetSecret => ({
  uid: secret.metadata.uid,
  resourceVersion: secret.metadata.resourceVersion,
  isOurs: isControlledBy(secret, owner.uid),
  revision: annotatedRevision(secret),
  rotateHandled: secret.metadata.annotations?.[annotations.rotateHandled] ?? null,
  labels: secret.metadata.labels ?? {},
  annotations: secret.metadata.annotations ?? {},
  owners: secret.metadata.ownerReferences ?? [],
  value: readValue(secret.data, owner.dataKey),
  version: null,
});

export const stagedOf = (secret: Stored<Secret>, owner: { uid: string; revision: number }): StagedSecret => ({
  name: secret.metadata.name,
  uid: secret.metadata.uid,
  isOurs: isControlledBy(secret, owner.uid),
  revision: owner.revision,
  value: readValue(secret.data, STAGED_DATA_KEY),
  version: null,
});

export interface SecretReader {
  target(name: string, dataKey: string): Promise<TargetSecret | null>;
  /** Those that exist, by revision. */
  staged(target: string, revisions: readonly number[]): Promise<readonly StagedSecret[]>;
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
      return secret === null ? null : targetOf(secret, { uid, dataKey });
    },
    staged: async (target, revisions) => {
      const found = await Promise.all(
        revisions.map(async (revision) => {
          const secret = await read(stagingName(target, revision, uid));
          return secret === null ? [] : [stagedOf(secret, { uid, revision })];
        }),
      );
      return found.flat();
    },
  };
};
