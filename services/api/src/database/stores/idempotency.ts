import type { IdempotencyRecord, IdempotencyStore } from "@itsy/core";
import { type EntityManager, LessThan } from "typeorm";

import type { Session } from "../session.ts";

const table = (manager: EntityManager) => manager.getRepository<IdempotencyRecord>("idempotency_keys");

type Place = Pick<IdempotencyRecord, "workspaceId" | "procedure" | "digest">;
const placeOf = ({ workspaceId, procedure, digest }: Place): Place => ({ workspaceId, procedure, digest });

export const createIdempotencyStore = (session: Session): IdempotencyStore =>
  Object.freeze({
    lock: (claim: Place) => session.lockRow<IdempotencyRecord>("idempotency_keys", placeOf(claim)),
    insert: (record: IdempotencyRecord) => session.insertRow("idempotency_keys", record),
    setRevision: (record: IdempotencyRecord, revision: number) =>
      session.write(async (manager) => {
        await table(manager).update(placeOf(record), { revision });
      }),
    purge: (before: Date) =>
      session.write(async (manager) => (await table(manager).delete({ createdAt: LessThan(before) })).affected ?? 0),
  });
