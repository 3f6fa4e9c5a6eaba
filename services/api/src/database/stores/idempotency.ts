import type { IdempotencyRecord, IdempotencyStore } from "@itsy/core";
import { type EntityManager, LessThan, LessThanOrEqual } from "typeorm";

import type { Session } from "../session.ts";

const table = (manager: EntityManager) => manager.getRepository<IdempotencyRecord>("idempotency_keys");

type Place = Pick<IdempotencyRecord, "workspaceId" | "procedure" | "digest">;
const placeOf = ({ workspaceId, procedure, digest }: Place): Place => ({ workspaceId, procedure, digest });

/** All up to the instant of the one that makes it so many: rows are found by the index on their instants alone. */
const purge = async (manager: EntityManager, before: Date, limit: number): Promise<number> => {
  const oldest = await table(manager).find({
    select: { createdAt: true },
    where: { createdAt: LessThan(before) },
    order: { createdAt: "ASC" },
    take: limit,
  });
  const last = oldest.at(-1);
  if (last === undefined) return 0;
  return (await table(manager).delete({ createdAt: LessThanOrEqual(last.createdAt) })).affected ?? 0;
};

export const createIdempotencyStore = (session: Session): IdempotencyStore =>
  Object.freeze({
    lock: (claim: Place) => session.lockRow<IdempotencyRecord>("idempotency_keys", placeOf(claim)),
    insert: (record: IdempotencyRecord) => session.insertRow("idempotency_keys", record),
    setRevision: (record: IdempotencyRecord, revision: number) =>
      session.write(async (manager) => {
        await table(manager).update(placeOf(record), { revision });
      }),
    purge: (before: Date, limit: number) => session.write((manager) => purge(manager, before, limit)),
  });
