import type { Workspaces } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const workspacesRouter = (workspaces: Workspaces) =>
  routerOf("workspaces", {
    create: workspaces.create,
    get: workspaces.get,
    list: workspaces.list,
    update: workspaces.update,
    setQuota: workspaces.setQuota,
  });
