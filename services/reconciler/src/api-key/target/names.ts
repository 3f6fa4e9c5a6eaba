import { annotations } from "../names.ts";
import { type Observed, type TargetSecret, targetNameOf } from "../observed.ts";
import type { StoredApiKey } from "../resource.ts";

/** How many former names one look reads. */
const READ_MAX = 4;
const validName = /^[a-z0-9][-a-z0-9.]{0,252}$/;

/** The names in the annotation of the ApiKey. */
const annotatedNames = ({ metadata }: StoredApiKey): readonly string[] =>
  (metadata.annotations?.[annotations.secretNames] ?? "").split(" ").filter((name) => validName.test(name));

/**
 * Every name under which a Secret of this ApiKey may lie. A name is recorded before anything is written under it, so
 * that a rename finds the value whatever crashed; the status says it too, should somebody strip the annotation.
 */
export const recordedNames = (apiKey: StoredApiKey): readonly string[] => {
  const bound = apiKey.status?.binding?.name;
  return [...new Set([...annotatedNames(apiKey), ...(bound === undefined ? [] : [bound])])];
};

type Declared = Pick<Observed, "apiKey" | "spec">;

/** Names that were declared before: first where the value was reported, then the one declared last. */
const allFormerNames = ({ apiKey, spec }: Declared): readonly string[] => {
  const bound = apiKey.status?.binding?.name;
  const names = [...(bound === undefined ? [] : [bound]), ...annotatedNames(apiKey).toReversed()];
  return [...new Set(names)].filter((name) => name !== targetNameOf({ apiKey, spec }));
};

/** Those of them that one look reads. */
export const formerNames = (declared: Declared): readonly string[] => allFormerNames(declared).slice(0, READ_MAX);

/** The others: their turn comes when nothing lies under the first ones any more. */
export const unreadNames = (declared: Declared): readonly string[] => allFormerNames(declared).slice(READ_MAX);

/** With the declared name, where that is not recorded yet; else `null`. */
export const namesToRecord = (declared: Declared): readonly string[] | null => {
  const recorded = recordedNames(declared.apiKey);
  const name = targetNameOf(declared);
  return recorded.includes(name) ? null : [...recorded, name];
};

/**
 * Where there are more than one look reads: without those that were read, once nothing of ours lies under any of them.
 * Else `null`: as long as a name can be read at each look it is not forgotten, since what a reconciler sent before it
 * was killed may still come to lie there.
 */
export const namesToForget = (observed: Pick<Observed, "apiKey" | "spec" | "formers">): readonly string[] | null => {
  const unread = unreadNames(observed);
  if (unread.length === 0 || observed.formers.some(({ isOurs }) => isOurs)) return null;
  return [...unread.toReversed(), targetNameOf(observed)];
};

/** The value of the annotation. */
export const secretNamesAnnotation = (names: readonly string[]): Readonly<Record<string, string>> => ({
  [annotations.secretNames]: names.join(" "),
});

/** A Secret of a former name that has the current value, where the declared one has it not and may take it over. */
export const movableFormer = ({ target, formers }: Pick<Observed, "target" | "formers">): TargetSecret | null => {
  const former = formers.find(({ isOurs, version }) => isOurs && version?.state === "current") ?? null;
  if (former === null || target === null) return former;
  const isFree = target.isOurs && target.version?.state !== "current" && target.version?.state !== "pending";
  return isFree && target.revision <= former.revision ? former : null;
};
