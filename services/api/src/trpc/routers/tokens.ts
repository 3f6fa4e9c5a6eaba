import type { Tokens } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const tokensRouter = (tokens: Tokens) =>
  routerOf("tokens", {
    create: tokens.create,
    list: tokens.list,
    revoke: tokens.revoke,
  });
