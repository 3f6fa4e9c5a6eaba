import { isDeepStrictEqual } from "node:util";
import {
  type Clock,
  type EventNote,
  isNotFound,
  type KubeClient,
  type MergePatch,
  nameOf,
} from "@itsy/controller-runtime";

import type { Effects } from "../../effects.ts";
import { FIELD_MANAGER } from "../names.ts";
import type { Observed } from "../observed.ts";
import type { Finding } from "../plan/finding.ts";
import { type ApiKey, ApiKeys, type StoredApiKey } from "../resource.ts";
import { ApiKeyStatus } from "../schema/status.ts";
import { isNews, newWarnings } from "./conditions.ts";
import { findingOfFailure } from "./failure.ts";
import { isWorthReporting, statusAfterFailure, statusOf } from "./status.ts";
import { warningsOf } from "./warnings.ts";

export interface ReportDeps {
  readonly kube: Pick<KubeClient, "mergePatch">;
  readonly effects: Effects;
  readonly clock: Clock;
  readonly record: (apiKey: StoredApiKey, event: EventNote) => void;
}

export interface Report {
  /** After a complete look. */
  finding(observed: Observed, finding: Finding, signal: AbortSignal): Promise<void>;
  /** After a failure; writes nothing when it says nothing about the ApiKey. */
  failure(apiKey: StoredApiKey, error: unknown, signal: AbortSignal): Promise<void>;
}

const fields = Object.keys(ApiKeyStatus.shape) as readonly (keyof ApiKeyStatus)[];

/**
 * The fields that have to change; in a merge patch `null` takes one away. Fields that only a newer version of us knows
 * stay as they are.
 */
const changesOf = (status: ApiKeyStatus, existing: ApiKeyStatus): MergePatch<ApiKeyStatus> =>
  Object.fromEntries(
    fields
      .filter((field) => !isDeepStrictEqual(status[field], existing[field]))
      .map((field) => [field, status[field] ?? null]),
  );

/** Writes the status when it changed, and an event when there is news that somebody should act on. */
export const createReport = ({ kube, effects, clock, record }: ReportDeps): Report => {
  const write = async (apiKey: StoredApiKey, status: ApiKeyStatus, signal: AbortSignal): Promise<void> => {
    const changes = changesOf(status, apiKey.status ?? {});
    if (Object.keys(changes).length === 0) return;
    const { name, resourceVersion } = apiKey.metadata;
    const patch: MergePatch<ApiKey> = { metadata: { name, resourceVersion }, status: changes };
    try {
      await effects.run("reportStatus", () =>
        kube.mergePatch(ApiKeys, nameOf(apiKey), patch, { subresource: "status", fieldManager: FIELD_MANAGER, signal }),
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  const warn = (apiKey: StoredApiKey, finding: Finding): void => {
    if (finding.progress === "settled" || !isNews(finding, apiKey.status?.conditions ?? [])) return;
    record(apiKey, { type: "Warning", reason: finding.reason, action: "Reconcile", note: finding.message });
  };

  return Object.freeze({
    finding: async (observed, finding, signal) => {
      warn(observed.apiKey, finding);
      for (const { reason, message } of newWarnings(warningsOf(observed), observed.apiKey.status?.conditions ?? []))
        record(observed.apiKey, { type: "Warning", reason, action: "Reconcile", note: message });
      await write(observed.apiKey, statusOf(observed, finding, clock.now()), signal);
    },
    failure: async (apiKey, error, signal) => {
      const finding = findingOfFailure(error, apiKey);
      if (finding === null || !isWorthReporting(apiKey, finding)) return;
      warn(apiKey, finding);
      await write(apiKey, statusAfterFailure(apiKey, finding, clock.now()), signal);
    },
  } satisfies Report);
};
