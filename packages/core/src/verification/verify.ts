import type { Verification, VerifyInput } from "@itsy/contract";
import type { SecretFormat } from "@itsy/key-format";

import type { WorkspaceActor } from "../access/actor.ts";
import type { Clock, VerificationRecord } from "../ports.ts";
import type { RateDecision, RateLimiter } from "../rate-limit/rate-decision.ts";
import type { OpenTake, QuotaRequest } from "../usage/quota-account.ts";
import type { QuotaGate } from "../usage/quota-ledger.ts";
import type { UsageMeter } from "../usage/usage-counter.ts";
import { firstRefusal } from "./checks.ts";

/** Finds what is stored of a secret that passed the checksum; may answer from memory when memory cannot be stale. */
export interface RecordSource {
  find(secret: string): VerificationRecord | null | Promise<VerificationRecord | null>;
}

export interface VerifyDeps {
  readonly format: Pick<SecretFormat, "parse">;
  readonly records: RecordSource;
  readonly limiter: RateLimiter;
  readonly quotas: QuotaGate;
  readonly usage: UsageMeter;
  readonly clock: Clock;
}

export type Verify = (actor: WorkspaceActor, input: VerifyInput) => Verification | Promise<Verification>;

const notFound: Verification = Object.freeze({ valid: false, code: "NOT_FOUND" });

/** Shared by all answers. */
const NO_PERMISSIONS = Object.freeze<string[]>([]) as string[];

const answer = (record: VerificationRecord, rate: RateDecision, cost: number): Verification => {
  if (!rate.accepted) {
    const { retryAfterMs, state } = rate;
    // No window ever admits a cost above the limit, so nobody is told when to come back.
    const again = cost > state.limit ? {} : { retryAfterMs };
    return { valid: false, code: "RATE_LIMITED", ...again, rateLimit: state };
  }
  const { keyId, workspace, project, environment, name, owner, metadata } = record;
  const permissions = record.permissions.size === 0 ? NO_PERMISSIONS : [...record.permissions];
  return {
    valid: true,
    keyId,
    workspace,
    project,
    environment,
    name,
    owner,
    metadata,
    permissions,
    rateLimit: rate.state,
  };
};

/**
 * Is this key good, whose is it, may it go on? Answers at once, without a promise, when the record is remembered, the
 * limiter has permits, or a refusal, at hand, and the quota does not depend on requests that the limiter has yet to judge.
 * The order of the checks: format and checksum, lookup, then `firstRefusal`, then the workspace's quota and the rate
 * limit. A refused request consumes nothing. Whatever is answered of a known key is counted. Never throws for a bad
 * secret; throws when the database cannot be asked, for the record or (then `RateLimitUnavailable`) for permits.
 */
export const createVerify = ({ format, records, limiter, quotas, usage, clock }: VerifyDeps): Verify => {
  const count = (
    record: VerificationRecord,
    verification: Verification,
    { cost, nowMs }: QuotaRequest,
  ): Verification => {
    const outcome = verification.valid ? "VALID" : verification.code;
    if (outcome !== "NOT_FOUND") usage.count(record, { outcome, cost, nowMs });
    return verification;
  };

  const decided = (record: VerificationRecord, request: QuotaRequest, rate: RateDecision): Verification =>
    count(record, answer(record, rate, request.cost), request);

  const beyondQuota = (record: VerificationRecord, request: QuotaRequest, retryAfterMs: number): Verification => {
    // No month ever admits a cost above the quota, so nobody is told when to come back.
    const again = Number.isFinite(retryAfterMs) ? { retryAfterMs } : {};
    return count(record, { valid: false, code: "QUOTA_EXCEEDED", ...again }, request);
  };

  const draw = ({ keyId, requestsPerMinute }: VerificationRecord, { cost }: QuotaRequest) =>
    limiter.take(keyId, requestsPerMinute, cost);

  /** What was taken of the quota stays open until the limiter has decided. */
  const closing = async (rate: RateDecision | Promise<RateDecision>, close: OpenTake): Promise<RateDecision> => {
    let accepted = false;
    try {
      const decision = await rate;
      accepted = decision.accepted;
      return decision;
    } finally {
      close(accepted);
    }
  };

  const admit = (record: VerificationRecord, request: QuotaRequest): Verification | Promise<Verification> => {
    // Before a permit is drawn: what the quota refuses would draw, and give back, until the month is over.
    const taken = quotas.take(record.workspaceId, request);
    if (taken instanceof Promise) return admitLater(record, request, taken);
    if (taken !== null) return beyondQuota(record, request, taken);
    const rate = draw(record, request);
    if (rate instanceof Promise) {
      const close = quotas.leaveOpen(record.workspaceId, request);
      return closing(rate, close).then((decision) => decided(record, request, decision));
    }
    if (!rate.accepted) quotas.giveBack(record.workspaceId, request);
    return decided(record, request, rate);
  };

  const admitLater = async (record: VerificationRecord, request: QuotaRequest, taking: Promise<number | OpenTake>) => {
    const taken = await taking;
    if (typeof taken === "number") return beyondQuota(record, request, taken);
    return decided(record, request, await closing(draw(record, request), taken));
  };

  const judge = (
    actor: WorkspaceActor,
    input: VerifyInput,
    record: VerificationRecord | null,
  ): Verification | Promise<Verification> => {
    if (record === null) return notFound;
    const now = clock.now();
    const request = { cost: input.cost ?? 1, nowMs: now.getTime() };
    const code = firstRefusal({ record, required: input, workspaceId: actor.workspaceId, now });
    // Also for a key of another workspace: its counts are none of the caller's.
    if (code === "NOT_FOUND") return notFound;
    return code === null ? admit(record, request) : count(record, { valid: false, code }, request);
  };

  return (actor, input) => {
    if (!format.parse(input.secret).ok) return notFound;
    const found = records.find(input.secret);
    return found instanceof Promise ? found.then((record) => judge(actor, input, record)) : judge(actor, input, found);
  };
};
