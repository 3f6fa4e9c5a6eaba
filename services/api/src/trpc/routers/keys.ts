import type { Keys, Verify } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const keysRouter = (keys: Keys, verify: Verify) =>
  routerOf("keys", {
    create: keys.create,
    get: keys.get,
    list: keys.list,
    rotate: keys.rotate,
    revoke: keys.revoke,
    verify,
  });
