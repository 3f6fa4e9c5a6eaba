import { createClient } from "@itsy/client";
import type { DatabaseServer } from "@itsy/testbed";

import { endConnections } from "./http-post.ts";
import { type Replica, startReplica } from "./replicas.ts";

/** Three replicas as processes on one real server, and who may do what there. */
export interface Installation extends AsyncDisposable {
  readonly server: DatabaseServer;
  readonly replicas: readonly Replica[];
  readonly adminToken: string;
  readonly verifierToken: string;
}

const PEPPERS = `1:${Buffer.alloc(32, 7).toString("base64")}`;

export interface InstallationOptions {
  readonly kind?: "mysql" | "mariadb";
  readonly replicaCount?: number;
}

export const startInstallation = async (
  server: DatabaseServer,
  { kind = "mysql", replicaCount = 3 }: InstallationOptions = {},
): Promise<Installation> => {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await server.createDatabase());
  const env = { DATABASE_URL: database.url.replace(/^\w+:/, `${kind}:`), PEPPERS, LOG_LEVEL: "fatal" };
  // The first one alone: it migrates, and prints the operator's token.
  const first = stack.use(await startReplica("1", env));
  const names = Array.from({ length: replicaCount - 1 }, (_, index) => String(index + 2));
  const others = await Promise.all(names.map(async (name) => stack.use(await startReplica(name, env))));
  const operatorToken = /itsy_mt_\w+/.exec(first.stdout())?.[0] ?? "";
  const operator = createClient({ url: first.url() ?? "", token: operatorToken });
  await operator.workspaces.create({ slug: "acme", name: "Acme" });
  const issue = async (role: "admin" | "verifier") =>
    (await operator.tokens.create({ role, workspace: "acme", name: role })).secret;
  const [adminToken, verifierToken] = [await issue("admin"), await issue("verifier")];
  const owned = stack.move();
  return {
    server,
    replicas: [first, ...others],
    adminToken,
    verifierToken,
    [Symbol.asyncDispose]: () => {
      endConnections();
      return owned.disposeAsync();
    },
  };
};
