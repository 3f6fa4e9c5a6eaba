import type { ManagementToken, TokenStore, TokensPage } from "@itsy/core";
import { type EntityManager, In, IsNull, LessThan } from "typeorm";

import type { Session } from "../session.ts";

const table = (manager: EntityManager) => manager.getRepository<ManagementToken>("management_tokens");

export const createTokenStore = (session: Session): TokenStore =>
  Object.freeze({
    insert: (token: ManagementToken) => session.insertRow("management_tokens", token),
    findById: (id: string) => session.read((manager) => table(manager).findOneBy({ id })),
    lock: (id: string) => session.lockRow<ManagementToken>("management_tokens", { id }),
    findByDigest: (digests: readonly Uint8Array[]) =>
      session.read((manager) => table(manager).findOneBy({ digest: In([...digests]) })),
    list: (workspaceId: string | null, { after, limit }: TokensPage) =>
      session.read((manager) =>
        table(manager).find({
          where: { workspaceId: workspaceId ?? IsNull(), ...(after !== undefined && { id: LessThan(after) }) },
          order: { id: "DESC" },
          take: limit,
        }),
      ),
    revoke: (id: string, revokedAt: Date) =>
      session.write(async (manager) => {
        const { affected } = await table(manager).update({ id, revokedAt: IsNull() }, { revokedAt });
        session.keyChanged(id);
        return affected === 1;
      }),
    markLeaked: (id: string, leakedAt: Date) =>
      session.write(async (manager) => {
        const { affected } = await table(manager).update({ id, leakedAt: IsNull() }, { leakedAt });
        return affected === 1;
      }),
    isEmpty: () => session.read(async (manager) => !(await table(manager).exists())),
  });
