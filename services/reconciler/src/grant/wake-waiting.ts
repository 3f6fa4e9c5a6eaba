import type { Delta, ObjectName, Store } from "@itsy/controller-runtime";
import { nameOf, type Timers } from "@itsy/controller-runtime";

import type { ApiKey, StoredApiKey } from "../api-key/resource.ts";

/** The index of the ApiKeys' store: those whose grants had no room, or that no grant fits, by their workspace. */
export const BY_WAITING = "waiting for a grant";

export const waitingFor = ({ spec, status }: StoredApiKey): readonly string[] =>
  status?.conditions?.some(({ reason }) => reason === "NotGranted") ? [spec.workspace] : [];

/** Thousands of deletions at once wake those who wait once. */
const GATHER_MS = 250;

const mayMakeRoom = (delta: Delta<StoredApiKey>): boolean =>
  delta.type === "deleted" ||
  (delta.type === "updated" && delta.object.metadata.generation !== delta.old.metadata.generation);

/** Looks again at the ApiKeys that wait for a place in a grant, when one of their workspace went or changed. */
export const createWakeWaiting = (deps: {
  readonly apiKeys: Store<ApiKey>;
  readonly timers: Pick<Timers, "setTimeout">;
  readonly enqueue: (name: ObjectName) => void;
}): ((delta: Delta<StoredApiKey>) => void) => {
  const workspaces = new Set<string>();

  const wake = (): void => {
    for (const workspace of workspaces)
      for (const apiKey of deps.apiKeys.byIndex(BY_WAITING, workspace)) deps.enqueue(nameOf(apiKey));
    workspaces.clear();
  };

  return (delta) => {
    if (!mayMakeRoom(delta)) return;
    if (workspaces.size === 0) deps.timers.setTimeout(wake, GATHER_MS);
    workspaces.add((delta.type === "deleted" ? delta.old : delta.object).spec.workspace);
  };
};
