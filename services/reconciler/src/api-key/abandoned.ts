import { GROUP } from "../group.ts";
import { annotations } from "./names.ts";
import type { Observed, TargetSecret } from "./observed.ts";
import { ApiKeys } from "./resource.ts";

const controllerOf = ({ owners }: TargetSecret) => owners.find(({ controller }) => controller === true) ?? null;

/** Who else has the Secret, for people; `null` when nobody is its controller. */
export const holderOf = (target: TargetSecret): string | null => {
  const holder = controllerOf(target);
  return holder === null ? null : `${holder.kind} "${holder.name}"`;
};

/**
 * Whether an ApiKey that is gone left the Secret behind: it carries our marks, and its controller is an ApiKey of this
 * very name with another uid (two of one name cannot live at once), or none, as after a restore from a backup.
 */
export const isAbandoned = (target: TargetSecret, { apiKey }: Pick<Observed, "apiKey">): boolean => {
  if (target.isOurs || target.annotations[annotations.keyId] === undefined) return false;
  const holder = controllerOf(target);
  if (holder === null) return true;
  const isApiKey = holder.kind === ApiKeys.kind && holder.apiVersion.startsWith(`${GROUP}/`);
  return isApiKey && holder.name === apiKey.metadata.name && holder.uid !== apiKey.metadata.uid;
};
