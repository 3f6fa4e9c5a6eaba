import { randomBytes } from "node:crypto";

import type { WorkspaceActor } from "@itsy/core";
import { defaultSecretFormat } from "@itsy/key-format";

import { systemClock } from "../src/adapters/clock.ts";
import { type Domain, openDomain } from "../src/domain.ts";
import { parseSettings } from "../src/env.ts";
import { createLogger } from "../src/logger.ts";

export interface InProcess extends AsyncDisposable {
  readonly domain: Domain;
  readonly admin: WorkspaceActor;
}

/** The use-cases as the service has them, without a door, and an admin of a new workspace. */
export const openInProcess = async (env: Readonly<Record<string, string>>): Promise<InProcess> => {
  const settings = parseSettings({ PEPPERS: `1:${randomBytes(32).toString("base64")}`, ...env });
  const logger = createLogger({ level: "silent", format: defaultSecretFormat });
  const nature = { clock: systemClock, monotonicMs: () => performance.now(), random: randomBytes };
  const domain = await openDomain(settings, nature, { logger, isReplica: true });
  const workspace = await domain.useCases.workspaces.create(
    { kind: "installation", tokenId: "bench", role: "operator" },
    { slug: "bench", name: "Bench" },
  );
  const admin = { kind: "workspace", tokenId: "bench", role: "admin", workspaceId: workspace.id } as const;
  return { domain, admin, [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose]() };
};

/** What a key of a benchmark is made of. */
export const keyInput = {
  project: "default",
  name: "bench",
  environment: "local",
  requestsPerMinute: 60,
  expiresAt: null,
  owner: null,
  metadata: {},
  permissions: [] as string[],
  ipRules: [] as string[],
} as const;
