import type { Keys, Verify } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const keysRouter = (keys: Keys, verify: Verify) =>
  routerOf("keys", {
    create: keys.create,
    get: keys.get,
    list: keys.list,
    count: keys.count,
    usage: keys.usage,
    health: keys.health,
    rotate: keys.rotate,
    update: keys.update,
    pause: keys.pause,
    resume: keys.resume,
    finishOverlap: keys.finishOverlap,
    revoke: keys.revoke,
    delete: keys.delete,
    revokeMany: keys.revokeMany,
    pauseMany: keys.pauseMany,
    deleteMany: keys.deleteMany,
    verify,
  });
