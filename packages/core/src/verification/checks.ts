import { grants, type RefusalCode, type VerifyInput } from "@itsy/contract";

import type { VerificationRecord } from "../ports.ts";

/** What the checks look at: the stored facts, what the caller requires, and the instant. */
export interface Presented {
  readonly record: VerificationRecord;
  readonly required: Pick<VerifyInput, "environment" | "project" | "permissions" | "ip">;
  readonly workspaceId: string;
  readonly now: Date;
}

type Check = (presented: Presented) => RefusalCode | null;

const passed = (instant: Date | null, now: Date) => instant !== null && instant <= now;

// NOT_FOUND, not FORBIDDEN: anything else would confirm that the key exists in another workspace.
const foreign: Check = ({ record, workspaceId }) => (record.workspaceId === workspaceId ? null : "NOT_FOUND");
const revoked: Check = ({ record, now }) =>
  record.revokedAt !== null || passed(record.validUntil, now) ? "REVOKED" : null;
const paused: Check = ({ record }) => (record.pausedAt === null ? null : "PAUSED");
const expired: Check = ({ record, now }) => (passed(record.expiresAt, now) ? "EXPIRED" : null);
const elsewhere: Check = ({ record, required }) =>
  (required.environment !== undefined && required.environment !== record.environment) ||
  (required.project !== undefined && required.project !== record.project)
    ? "FORBIDDEN"
    : null;

// Default deny: were a request without an address let through, whoever asks would decide whether the rules hold.
const fromElsewhere: Check = ({ record: { ipRules }, required: { ip } }) =>
  ipRules === null || (ip !== undefined && ipRules.allow(ip)) ? null : "FORBIDDEN";
const notPermitted: Check = ({ record, required: { permissions } }) =>
  permissions === undefined || permissions.every((name) => grants(record.permissions, name))
    ? null
    : "INSUFFICIENT_PERMISSIONS";

/** In the order of the promise: whose it is, then what is final, then what may change, then what the caller asks. */
const checks: readonly Check[] = [foreign, revoked, paused, expired, elsewhere, fromElsewhere, notPermitted];

/** The first reason to refuse a stored secret; `null` when there is none. */
export const firstRefusal = (presented: Presented): RefusalCode | null => {
  for (const check of checks) {
    const refusal = check(presented);
    if (refusal !== null) return refusal;
  }
  return null;
};
