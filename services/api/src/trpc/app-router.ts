import type { Procedures } from "@itsy/contract";
import type { Audit, Clusters, Delivery, Keys, Peppers, Projects, Tokens, Verify, Workspaces } from "@itsy/core";
import type { AnyTRPCRouter } from "@trpc/server";

import { trpc } from "./init.ts";
import { auditRouter } from "./routers/audit.ts";
import { clustersRouter } from "./routers/clusters.ts";
import { deliveryRouter } from "./routers/delivery.ts";
import { keysRouter } from "./routers/keys.ts";
import { peppersRouter } from "./routers/peppers.ts";
import { projectsRouter } from "./routers/projects.ts";
import { tokensRouter } from "./routers/tokens.ts";
import { workspacesRouter } from "./routers/workspaces.ts";

export interface UseCases {
  readonly keys: Keys;
  readonly verify: Verify;
  readonly workspaces: Workspaces;
  readonly projects: Projects;
  readonly clusters: Clusters;
  readonly tokens: Tokens;
  readonly delivery: Delivery;
  readonly audit: Audit;
  readonly peppers: Peppers;
}

export const createAppRouter = (useCases: UseCases) =>
  trpc.router({
    keys: keysRouter(useCases.keys, useCases.verify),
    workspaces: workspacesRouter(useCases.workspaces),
    projects: projectsRouter(useCases.projects),
    clusters: clustersRouter(useCases.clusters),
    tokens: tokensRouter(useCases.tokens),
    delivery: deliveryRouter(useCases.delivery),
    audit: auditRouter(useCases.audit),
    peppers: peppersRouter(useCases.peppers),
  } satisfies Record<keyof Procedures, AnyTRPCRouter>);

export type AppRouter = ReturnType<typeof createAppRouter>;
