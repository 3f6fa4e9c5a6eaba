import type { Observed, Registration, StagedSecret, TargetSecret } from "../observed.ts";
import { rotateRequest } from "../rotate-request.ts";
import { act, type Check, type PlanContext } from "./decision.ts";
import { stalled } from "./finding.ts";
import { mintCause } from "./mint-cause.ts";
import { settleWith } from "./settle.ts";
import { nextRevision, wantedStaged } from "./staged.ts";

/**
 * Published and not confirmed. Comes before anything that could stop the run: the value is readable, and without a
 * confirmation it would end at its deadline. Where an earlier value lies under another name, it goes before the
 * confirmation ends it.
 */
export const confirmPublished: Check = ({ target, formers, view }) => {
  if (view.released || view.key?.status === "revoked") return null;
  const current = view.key?.revision ?? 0;
  const ours = [target, ...formers].filter((secret): secret is TargetSecret => secret?.isOurs === true);
  for (const { version, value } of ours) {
    if (value === null || version?.state !== "pending" || version.revision <= current) continue;
    const { revision } = version;
    const earlier = ours.find((other) => other.version !== null && other.version.revision < revision);
    if (earlier !== undefined) return act({ type: "dropTarget", name: earlier.name, uid: earlier.uid });
    return act({ type: "confirm", revision, sha256: value.sha256, isFirst: current === 0 });
  }
  return null;
};

/** A staged value that nobody needs: of a finished delivery, or dead. */
export const uselessStaging: Check = (observed) => {
  const { staged } = observed;
  return staged?.isOurs && wantedStaged(observed) === null ? act({ type: "dropStaging", staged }) : null;
};

/** The service's word on this very value, as long as there is time enough left to publish it. */
const freshRegistration = (
  { registration }: Observed,
  { revision, value }: StagedSecret,
  { monotonicMs, deliverWithinMs }: PlanContext,
): Registration | null => {
  if (registration === null || value === null) return null;
  if (registration.revision !== revision || registration.sha256() !== value.sha256()) return null;
  return isPublishable(registration.sentAtMs, monotonicMs, deliverWithinMs) ? registration : null;
};

/** A third of the deadline is for publishing; the rest is for the write to arrive and for the confirmation. */
export const isPublishable = (sentAtMs: number, monotonicMs: number, deliverWithinMs: number): boolean =>
  monotonicMs - sentAtMs <= deliverWithinMs / 3;

/** Takes a staged value on to the target: registered first, so that what becomes readable is valid. */
export const deliverStaged: Check = (observed, context) => {
  const staged = wantedStaged(observed);
  if (staged === null) return null;
  const { view, apiKey } = observed;
  if (staged.version?.state === "current" && view.key !== null) {
    const rotateHandled = apiKey.status?.lastHandledRotateRequest ?? null;
    return act({ type: "publish", staged, keyId: view.key.keyId, rotateHandled, registeredAtMs: null });
  }
  const registration = freshRegistration(observed, staged, context);
  if (registration === null) return act({ type: "register", staged, replaceRevoked: view.key?.status === "revoked" });
  const { keyId, sentAtMs } = registration;
  return act({ type: "publish", staged, keyId, rotateHandled: rotateRequest(observed), registeredAtMs: sentAtMs });
};

/** A new value for the next revision. */
export const stageNext: Check = (observed, context) => {
  const cause = mintCause(observed);
  if (cause === null) return null;
  const revision = nextRevision(observed);
  const { staged: squatter } = observed;
  if (squatter === null) return act({ type: "stage", revision, cause });
  const message = `Secret "${squatter.name}" exists and does not belong to this ApiKey; its name is needed to rotate.`;
  return settleWith(observed, context, stalled("SecretConflict", message));
};
