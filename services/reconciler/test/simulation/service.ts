import { type ItsyClient, ItsyError } from "@itsy/client";
import { procedures } from "@itsy/contract";
import {
  type ApiKey,
  type Clock,
  type ClusterActor,
  createDelivery,
  DomainError,
  type SecretVersion,
} from "@itsy/core";
import { createPepperRing, defaultSecretFormat, digestsOf, secretSha256 } from "@itsy/key-format";

import { CLUSTER_ID, createMemoryDatabase } from "./memory-database.ts";

type Delivery = ItsyClient["delivery"];

const actor: ClusterActor = { kind: "cluster", tokenId: "tok_1", role: "reconciler", clusterId: CLUSTER_ID };

/** What is known of a value. */
export interface KnownValue {
  readonly version: SecretVersion;
  readonly key: ApiKey;
}

/** The service's own use-cases, on tables in memory. Each call is one transaction, and reaches its end at once. */
export const createService = (clock: Clock) => {
  const peppers = createPepperRing([{ version: 1, pepper: new Uint8Array(32).fill(7) }]);
  const { database, rows } = createMemoryDatabase();
  let ids = 0;
  const next = (kind: string) => {
    ids += 1;
    return `${kind}_${String(ids).padStart(26, "0")}`;
  };
  const random = () => {
    throw new Error("the service draws no secret here");
  };
  const delivery = createDelivery({ database, clock, ids: { next }, format: defaultSecretFormat, peppers, random });

  const call = async (name: keyof Delivery, raw: unknown): Promise<unknown> => {
    const input = procedures.delivery[name].input.parse(raw);
    try {
      return await (delivery[name] as (who: ClusterActor, what: unknown) => Promise<unknown>)(actor, input);
    } catch (error) {
      if (error instanceof DomainError) throw new ItsyError(error.code, error.message, { cause: error });
      throw error;
    }
  };

  return {
    call,
    rows,
    find: (secret: string): KnownValue | null => {
      const digests = new Set(digestsOf(peppers, secretSha256(secret)).map(({ digest }) => digest.toString("hex")));
      const version = [...rows.versions.values()].find(({ digest }) =>
        digests.has(Buffer.from(digest).toString("hex")),
      );
      const key = version === undefined ? undefined : rows.keys.get(version.keyId);
      return version === undefined || key === undefined ? null : { version, key };
    },
    /** As a person does it in the service. */
    changeKey: (id: string, change: Partial<ApiKey>) => {
      const key = rows.keys.get(id);
      if (key !== undefined) rows.keys.set(id, { ...key, ...change, version: key.version + 1 });
    },
    endVersions: (keyId: string) => {
      for (const [id, version] of rows.versions)
        if (version.keyId === keyId) rows.versions.set(id, { ...version, validUntil: new Date(0) });
    },
  };
};
export type Service = ReturnType<typeof createService>;
