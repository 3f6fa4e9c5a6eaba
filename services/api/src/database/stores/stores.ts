import type { Stores } from "@itsy/core";

import type { Session } from "../session.ts";
import { createAuditStore } from "./audit.ts";
import { createBindingStore } from "./bindings.ts";
import { createClusterStore } from "./clusters.ts";
import { createIdempotencyStore } from "./idempotency.ts";
import { createKeyStore } from "./keys.ts";
import { createPepperStore } from "./peppers.ts";
import { createProjectStore } from "./projects.ts";
import { createTokenStore } from "./tokens.ts";
import { createUsageStore } from "./usage.ts";
import { createVersionStore } from "./versions.ts";
import { createWorkspaceStore } from "./workspaces.ts";

/** All stores over one session. */
export const createStores = (session: Session): Stores =>
  Object.freeze({
    workspaces: createWorkspaceStore(session),
    projects: createProjectStore(session),
    clusters: createClusterStore(session),
    tokens: createTokenStore(session),
    keys: createKeyStore(session),
    versions: createVersionStore(session),
    bindings: createBindingStore(session),
    audit: createAuditStore(session),
    idempotency: createIdempotencyStore(session),
    usage: createUsageStore(session),
    peppers: createPepperStore(session),
  });
