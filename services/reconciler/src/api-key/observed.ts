import type { DeliveryView, VersionState } from "@itsy/contract";
import type { OwnerReference } from "@itsy/controller-runtime";

import type { GrantVerdict } from "../grant/decide.ts";
import { FINALIZER } from "./names.ts";
import type { StoredApiKey } from "./resource.ts";
import type { ApiKeySpec } from "./schema/spec.ts";
import type { SecretValue } from "./secret-value.ts";
import type { Warning } from "./warning.ts";

/** What the service says a value is; `null` where it says: no version of this owner's key. */
export interface Version {
  readonly revision: number;
  readonly state: VersionState;
}

/** The Secret that workloads read. */
export interface TargetSecret {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The ApiKey that is its controller is this one. */
  readonly isOurs: boolean;
  /** As annotated; 0 when it is not, or makes no sense. */
  readonly revision: number;
  readonly rotateHandled: string | null;
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owners: readonly OwnerReference[];
  /** Base64 by key. Behind a function, as it holds values. */
  readonly data: () => Readonly<Record<string, string>>;
  /** What our field manager wrote and nobody else has changed since. */
  readonly ours: {
    readonly labels: readonly string[];
    readonly annotations: readonly string[];
    readonly data: readonly string[];
  };
  /** The key of the data under which the value lies. */
  readonly dataKey: string;
  /** The value before, where it lies beside. */
  readonly previous: SecretValue | null;
  readonly previousVersion: Version | null;
  readonly value: SecretValue | null;
  readonly version: Version | null;
}

/** A Secret that holds the value of one revision before it is published. */
export interface StagedSecret {
  readonly name: string;
  readonly uid: string;
  readonly isOurs: boolean;
  /** As annotated; 0 when it is not, or makes no sense. */
  readonly revision: number;
  readonly value: SecretValue | null;
  readonly version: Version | null;
}

/** A value that the service accepted as pending, in this run. */
export interface Registration {
  readonly revision: number;
  readonly sha256: () => string;
  readonly keyId: string;
  /** On the monotonic clock, taken before the call was sent. */
  readonly sentAtMs: number;
}

/** What was done in this run for workloads that hold an earlier value. */
export interface FollowUp {
  readonly revision: number;
  /** Nothing is left to do for this revision. */
  readonly isDone: boolean;
  readonly warnings: readonly Warning[];
}

/** Everything that `plan` decides on. Complete: what could not be read is an error, never an absence. */
export interface Observed {
  readonly apiKey: StoredApiKey;
  /** The spec with its defaults. */
  readonly spec: ApiKeySpec;
  readonly grant: GrantVerdict;
  /** The ApiKey of the namespace that comes right before in the line for the Secret; `null` when there is none. */
  readonly olderRival: string | null;
  /** Nothing can be created in it any more. */
  readonly isNamespaceTerminating: boolean;
  /** The service said in this run that the value in an abandoned Secret is of no key for this ApiKey. */
  readonly isAdoptionRefused: boolean;
  readonly target: TargetSecret | null;
  /** Those that lie under names which were declared before. */
  readonly formers: readonly TargetSecret[];
  readonly staged: StagedSecret | null;
  readonly view: DeliveryView;
  readonly registration: Registration | null;
  /** This run wrote the target around its value already. */
  readonly isRewritten: boolean;
  /** When this run wrote the target, on the monotonic clock; `null` when it did not. */
  readonly publishedAtMs: number | null;
  readonly propagation: FollowUp | null;
  readonly restart: FollowUp | null;
  /** The highest revision that this run learned to be used up without a confirmation; 0 when none. */
  readonly spentRevision: number;
}

export const uidOf = ({ apiKey }: Pick<Observed, "apiKey">): string => apiKey.metadata.uid;
export const isDeleted = ({ apiKey }: Pick<Observed, "apiKey">): boolean =>
  apiKey.metadata.deletionTimestamp !== undefined;
export const hasFinalizer = ({ apiKey }: Pick<Observed, "apiKey">): boolean =>
  apiKey.metadata.finalizers?.includes(FINALIZER) ?? false;
export const namespaceOf = ({ apiKey }: Pick<Observed, "apiKey">): string => apiKey.metadata.namespace ?? "";
export const targetNameOf = ({ apiKey, spec }: Pick<Observed, "apiKey" | "spec">): string =>
  spec.secret.name ?? apiKey.metadata.name;
