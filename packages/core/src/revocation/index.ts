export type { BarrierResult } from "./barrier-result.ts";
export { type CachedLookupDeps, createCachedLookup } from "./cached-lookup.ts";
export { createLeaseTerms, defaultLeaseTerms, type LeaseTerms, patienceMs } from "./lease-terms.ts";
export { type Membership, type MembershipDeps, startMembership } from "./membership.ts";
export type { FeedStore, KeyChange, MonotonicMs, ReplicaRow, Timers } from "./ports.ts";
export {
  createRecordCache,
  type LookupTicket,
  type OfKey,
  type RecordCache,
  type RecordCacheSettings,
} from "./record-cache.ts";
