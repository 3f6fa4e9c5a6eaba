import { annotations, managedByLabel } from "./names.ts";
import type { ApiKeySpec } from "./spec.ts";

/** What is said of the value on the Secret that holds it. */
export interface PublishedFacts {
  readonly revision: number;
  readonly keyId: string;
  readonly displayPrefix: string;
  /** The rotate request that the value answers. */
  readonly rotateHandled: string | null;
}

/** The labels and annotations of the target: what the manifest asks for, and our own marks. */
export const targetMetadata = ({ secret }: ApiKeySpec, facts: PublishedFacts) => ({
  labels: { ...secret.labels, ...managedByLabel },
  annotations: {
    ...secret.annotations,
    [annotations.revision]: String(facts.revision),
    [annotations.keyId]: facts.keyId,
    [annotations.displayPrefix]: facts.displayPrefix,
    ...(facts.rotateHandled === null ? {} : { [annotations.rotateHandled]: facts.rotateHandled }),
  },
});
