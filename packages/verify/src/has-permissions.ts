import { grants } from "@itsy/contract";

import type { VerifiedKey } from "./answer.ts";

/**
 * Whether a verified key has all of these permissions, by name or by a wildcard; for what turns out to be needed behind
 * the middleware. A second question to the service would count as a second request.
 */
export const hasPermissions = (key: Pick<VerifiedKey, "permissions">, ...names: readonly string[]): boolean => {
  const permissions = new Set(key.permissions);
  return names.every((name) => grants(permissions, name));
};
