import type { SecretVersion } from "../entities.ts";
import { addMs, versionState } from "../keys/secret-version.ts";

interface Idleness {
  readonly retiring: Pick<SecretVersion, "lastUsedAt" | "createdAt">;
  /** The key's versions that work now. */
  readonly valid: readonly SecretVersion[];
  readonly idleForMs: number;
  readonly now: Date;
}

/** From when on a version that is on its way out counts as unused: not before its successor had that much time, too. */
export const idleAt = ({ retiring, valid, idleForMs, now }: Idleness): Date => {
  const current = valid.find((version) => versionState(version, now) === "current");
  const instants = [retiring.lastUsedAt ?? retiring.createdAt, current?.confirmedAt ?? retiring.createdAt];
  return addMs(new Date(Math.max(...instants.map((instant) => instant.getTime()))), idleForMs);
};
