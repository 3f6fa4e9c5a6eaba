import type { ApiKey, Binding, SecretVersion } from "../entities.ts";
import { versionState } from "../keys/secret-version.ts";

export interface Adoption {
  readonly key: ApiKey;
  /** The version whose value the new owner holds. */
  readonly version: SecretVersion;
  /** What ties the new owner to a key already, if anything. */
  readonly own: Binding | null;
  /** Who has the key; `null`: nobody, or people. */
  readonly holder: Binding | null;
  /** The new object, and where its manifest says that the key stands. */
  readonly owner: Pick<Binding, "clusterId" | "namespace" | "name">;
  readonly projectId: string | null;
  readonly environment: ApiKey["environment"];
  readonly now: Date;
}

export type AdoptionVerdict = "adopt" | "adopted" | "refused";

/**
 * Whether an object may take over a key whose value it holds. Only an object of the very name, in the very namespace and
 * cluster, of the one that has the key: two objects of one name cannot live at the same time, so nothing is taken from a
 * living one, whoever copied its Secret wherever. A key that was released belongs to people, and is not taken back.
 */
export const judgeAdoption = (adoption: Adoption): AdoptionVerdict => {
  const { key, version, own, holder, owner, projectId, environment, now } = adoption;
  if (own !== null) return own.keyId === key.id && own.releasedAt === null ? "adopted" : "refused";
  if (key.revokedAt !== null || versionState(version, now) === "ended") return "refused";
  if (key.projectId !== projectId || key.environment !== environment) return "refused";
  const isSameObject =
    holder?.clusterId === owner.clusterId && holder.namespace === owner.namespace && holder.name === owner.name;
  return isSameObject ? "adopt" : "refused";
};
