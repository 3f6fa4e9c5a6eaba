import { type EventNote, isForbidden, type Store, type Timers } from "@itsy/controller-runtime";

import type { ApiKey, StoredApiKey } from "./api-key/resource.ts";
import { redact } from "./redact.ts";
import { grantCommand, missingRight } from "./rights/grant-command.ts";

/** Often enough that one is always there to be seen: the API server forgets an event after an hour. */
const REPEAT_MS = 1_800_000;

/**
 * Tells the people of a namespace that its Secrets cannot be watched, for want of which right, and what grants it: an event
 * on its first ApiKey. All else works meanwhile, so no condition says so.
 */
export const createWatchRefused = (deps: {
  readonly apiKeys: Store<ApiKey>;
  readonly record: (apiKey: StoredApiKey, event: EventNote) => void;
  readonly timers: Pick<Timers, "monotonicMs">;
}): ((error: unknown, namespace: string) => void) => {
  const toldMs = new Map<string, number>();

  return (error, namespace) => {
    if (!isForbidden(error)) return;
    const message = redact(error.message);
    const [what, command] = [missingRight(message), grantCommand(message)];
    const [first] = deps.apiKeys.list(namespace);
    const nowMs = deps.timers.monotonicMs();
    if (what === null || first === undefined || nowMs - (toldMs.get(namespace) ?? -Infinity) < REPEAT_MS) return;
    toldMs.set(namespace, nowMs);
    const then = command === null ? "" : ` To grant it: ${command}`;
    const note = `WATCH_SECRETS: ${what}. What is done to Secrets is noticed only when each ApiKey is looked at again.${then}`;
    deps.record(first, { type: "Warning", reason: "SecretWatchNotPermitted", action: "Watch", note });
  };
};
