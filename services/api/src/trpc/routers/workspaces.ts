import type { Workspaces } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const workspacesRouter = (workspaces: Workspaces) =>
  routerOf("workspaces", {
    create: workspaces.create,
    list: workspaces.list,
  });
