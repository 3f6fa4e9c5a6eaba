// The use-case keys.create against its own statements, sent by the driver alone, on one MySQL server.
import { randomBytes } from "node:crypto";

import { defaultSecretFormat } from "@itsy/key-format";
import { startMysql } from "@itsy/testbed";

import { systemClock } from "../src/adapters/clock.ts";
import { openDomain } from "../src/domain.ts";
import { parseSettings } from "../src/env.ts";
import { createLogger } from "../src/http/logger.ts";
import { compare, isShort } from "./compare.ts";
import { openRawCreate } from "./raw-create.ts";

const CALLERS = 8;
const durationMs = isShort ? 300 : 4000;

await using server = await startMysql();
await using database = await server.createDatabase();
const PEPPERS = `1:${randomBytes(32).toString("base64")}`;
const settings = parseSettings({ DATABASE_URL: database.url, PEPPERS });
const logger = createLogger({ level: "silent", format: defaultSecretFormat });
const nature = { clock: systemClock, monotonicMs: () => performance.now(), random: randomBytes };
await using domain = await openDomain(settings, nature, { logger, isReplica: true });
const { workspaces, keys } = domain.useCases;
const workspace = await workspaces.create(
  { kind: "installation", tokenId: "bench", role: "operator" },
  { slug: "bench", name: "Bench" },
);
const admin = { kind: "workspace", tokenId: "bench", role: "admin", workspaceId: workspace.id } as const;
const input = {
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
await using raw = await openRawCreate(database.url, CALLERS);

/** So many callers, one call after the other each. */
const round = (call: () => Promise<unknown>) => async () => {
  const latenciesMs: number[] = [];
  const beganMs = performance.now();
  const caller = async () => {
    while (performance.now() - beganMs < durationMs) {
      const sentMs = performance.now();
      await call();
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const seconds = (performance.now() - beganMs) / 1000;
  const p99Ms = latenciesMs.sort((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? Number.NaN;
  return { perSecond: latenciesMs.length / seconds, p99Ms };
};

await compare({
  baseline: { name: "the same statements, mysql2 alone", round: round(raw.create) },
  subject: { name: "use-case keys.create", round: round(() => keys.create(admin, input)) },
  rounds: isShort ? 1 : 7,
  aim: 0.5,
});
