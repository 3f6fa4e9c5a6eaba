import { namespaceOf } from "../observed.ts";
import type { Check } from "./decision.ts";
import { settled } from "./finding.ts";
import { settleWith } from "./settle.ts";

/** Before anything is begun: nothing can be created there, and this ApiKey is about to be deleted. */
export const namespaceTerminating: Check = (observed, context) => {
  if (!observed.isNamespaceTerminating) return null;
  const isReadable = observed.target?.version?.state === "current" && observed.view.key?.status === "active";
  const message = `Namespace "${namespaceOf(observed)}" is being deleted: nothing new is made in it, and the key ends with it.`;
  return settleWith(observed, context, settled("NamespaceTerminating", isReadable, message));
};
