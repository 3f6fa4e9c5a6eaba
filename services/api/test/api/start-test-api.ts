import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";

import { createClient, type ItsyClient } from "@itsy/client";
import type { WorkspaceRole } from "@itsy/contract";
import { createFakeClock, type FakeClock } from "@itsy/testing";

import { startApi } from "../../src/api.ts";
import { parseSettings } from "../../src/env.ts";
import { type DatabaseKind, freshDatabase } from "../database/fresh-database.ts";

/** A workspace with a token of each role. */
export interface Tenant {
  readonly slug: string;
  readonly tokens: Readonly<Record<WorkspaceRole, string>>;
}

/** The service on a free port and a database of its own, with a clock that stands still, also the database's. */
export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly databaseUrl: string;
  readonly clock: FakeClock;
  readonly operatorToken: string;
  /** All log lines so far. */
  readonly logs: () => string;
  /** All lines for a person so far. */
  readonly printed: () => string;
  readonly client: (token: string) => ItsyClient;
  readonly tenant: (slug: string) => Promise<Tenant>;
  /** The token of a cluster that may act for the workspaces. */
  readonly cluster: (slug: string, workspaces: readonly string[]) => Promise<string>;
  readonly verify: (token: string, input: unknown) => Promise<Response>;
}

export interface TestApiOptions {
  readonly kind?: DatabaseKind;
  /** In place of a fresh database: the test cleans up. */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of one of its own: services that share a database share its clock. */
  readonly clock?: FakeClock;
}

const roles: readonly WorkspaceRole[] = ["admin", "developer", "viewer", "verifier"];

const managing = (client: TestApi["client"], operatorToken: string) => {
  const operator = client(operatorToken);
  return {
    tenant: async (slug: string): Promise<Tenant> => {
      await operator.workspaces.create({ slug, name: `The ${slug}` });
      const issued = await Promise.all(
        roles.map(async (role) => {
          const { secret } = await operator.tokens.create({ role, workspace: slug, name: role });
          return [role, secret] as const;
        }),
      );
      return { slug, tokens: Object.fromEntries(issued) as Tenant["tokens"] };
    },
    cluster: async (slug: string, workspaces: readonly string[]): Promise<string> => {
      await operator.clusters.create({ slug });
      for (const workspace of workspaces) await operator.clusters.allow({ cluster: slug, workspace });
      return (await operator.tokens.create({ role: "reconciler", cluster: slug, name: "reconciler" })).secret;
    },
  };
};

const memory = () => {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => lines.join("") };
};

/** Peppers for databases that have no place of their own for them: an old one that nothing uses, and the current one. */
const PEPPERS = [1, 2].map((version) => `${version}:${Buffer.alloc(32, version).toString("base64")}`).join(",");

export const startTestApi = async (options: TestApiOptions = {}): Promise<TestApi> => {
  const { kind = "sqlite", env = {} } = options;
  await using stack = new AsyncDisposableStack();
  const fresh = options.databaseUrl === undefined ? stack.use(await freshDatabase(kind)) : undefined;
  const databaseUrl = options.databaseUrl ?? fresh?.url ?? "";
  const settings = parseSettings({ PORT: "0", PEPPERS, DATABASE_URL: databaseUrl, LOG_LEVEL: "debug", ...env });
  const { clock = createFakeClock() } = options;
  const log = memory();
  const printed: string[] = [];
  const api = stack.use(
    await startApi(settings, {
      clock,
      monotonicMs: clock.monotonicMs,
      databaseNowMs: () => clock.now().getTime(),
      random: randomBytes,
      print: (line) => printed.push(line),
      logDestination: log.stream,
    }),
  );
  const operatorToken = /itsy_mt_\w+/.exec(printed.join("\n"))?.[0] ?? "";
  const client = (token: string) => createClient({ url: api.url, token });
  const owned = stack.move();
  return {
    url: api.url,
    databaseUrl,
    clock,
    operatorToken,
    logs: log.text,
    printed: () => printed.join("\n"),
    client,
    ...managing(client, operatorToken),
    verify: (token, input) =>
      fetch(`${api.url}/v1/verify`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(input),
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
