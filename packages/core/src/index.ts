export * from "./access/actor.ts";
export * from "./access/authenticate.ts";
export * from "./access/authorize.ts";
export { accessTable } from "./access/table.ts";
export { assertNever } from "./assert-never.ts";
export { type Audit, createAudit } from "./audit/list-audit.ts";
export { createPurgeAudit } from "./audit/purge.ts";
export { createDelivery, type Delivery } from "./delivery/index.ts";
export type { DomainDeps } from "./deps.ts";
export * from "./entities.ts";
export * from "./errors.ts";
export { createPurgeIdempotency } from "./idempotency/purge.ts";
export { createKeys, type Keys } from "./key-use-cases.ts";
export { keyStatus } from "./keys/key-status.ts";
export { anySecretOf, type ScannerPatterns } from "./leaks/any-secret.ts";
export { createReportLeaks, type ReportedLeaks, type ReportLeaks } from "./leaks/report-leaks.ts";
export type { LeakOutcome } from "./leaks/reporting.ts";
export { createCheckRing, createLacksPepper } from "./peppers/check-ring.ts";
export { createPeppers, type Peppers } from "./peppers/index.ts";
export type { RingVerdict } from "./peppers/judge-ring.ts";
export { isOldPepper, type OldPepper } from "./peppers/old-pepper.ts";
export { createRepepper } from "./peppers/repepper.ts";
export * from "./ports.ts";
export { type DrawPolicy, sharedDrawPolicy, soleDrawPolicy } from "./rate-limit/draw-plan.ts";
export {
  createLeasedRateLimiter,
  type LeasedRateLimiter,
  type LeasedRateLimiterDeps,
} from "./rate-limit/leased-limiter.ts";
export * from "./rate-limit/ports.ts";
export type { RateDecision, RateLimiter } from "./rate-limit/rate-decision.ts";
export * from "./revocation/index.ts";
export { type Clusters, createClusters } from "./tenancy/clusters.ts";
export { createProjects, type Projects } from "./tenancy/projects.ts";
export { createWorkspaces, type Workspaces } from "./tenancy/workspaces.ts";
export { createTokens, issueToken, type Tokens } from "./tokens/tokens.ts";
export { createLearnQuotas, type QuotaReached } from "./usage/learn-quotas.ts";
export { createPurgeUsage } from "./usage/purge-usage.ts";
export { QUOTA_PERCENTS } from "./usage/quota.ts";
export { createQuotaLedger, type QuotaGate, type QuotaLedger } from "./usage/quota-ledger.ts";
export { createUsageCounter, type UsageCounter, type UsageMeter } from "./usage/usage-counter.ts";
export { startUsageWriter } from "./usage/usage-writer.ts";
export { createWriteUsage, type UsageBatch } from "./usage/write-usage.ts";
export { bytesOfRecord } from "./verification/record-bytes.ts";
export { createVerify, type RecordSource, type Verify, type VerifyDeps } from "./verification/verify.ts";
