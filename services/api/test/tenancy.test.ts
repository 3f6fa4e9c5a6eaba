import type { ItsyClient } from "@itsy/client";
import type { TokenView } from "@itsy/contract";
import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

const start = async (kind: (typeof databaseKinds)[number]) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  return { api, admin: api.client(tokens.admin), [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
};

const inMs = (api: TestApi, ms: number) => new Date(api.clock.now().getTime() + ms).toISOString();

describe.each(databaseKinds)("workspaces, projects, clusters and tokens on %s", (kind) => {
  test("a name that is taken is refused, also when two ask at once", async () => {
    await using started = await start(kind);
    const operator = started.api.client(started.api.operatorToken);
    for (const create of [
      () => operator.workspaces.create({ slug: "twin", name: "Twin" }),
      () => started.admin.projects.create({ slug: "twin", name: "Twin" }),
      () => operator.clusters.create({ slug: "twin" }),
    ]) {
      const codes = await Promise.all([create(), create(), create()].map(codeOf));
      expect(codes.filter((code) => code === "no error")).toHaveLength(1);
      expect(codes.filter((code) => code === "ALREADY_EXISTS")).toHaveLength(2);
    }
    const { workspaces } = await operator.workspaces.list();
    expect(workspaces.map(({ slug }) => slug)).toEqual(["acme", "twin"]);
    expect((await started.admin.projects.list()).projects.map(({ slug }) => slug)).toEqual(["default", "twin"]);
  });

  test("workspaces are read page by page by an operator; all others have one", async () => {
    await using started = await start(kind);
    const { api, admin } = started;
    const operator = api.client(api.operatorToken);
    for (const slug of ["b", "a-b", "a"]) await operator.workspaces.create({ slug, name: slug });
    const slugs: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await operator.workspaces.list({ limit: 3, ...(cursor !== undefined && { cursor }) });
      slugs.push(...page.workspaces.map(({ slug }) => slug));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(slugs).toEqual(["a", "a-b", "acme", "b"]);
    const own = { workspaces: [expect.objectContaining({ slug: "acme" })], nextCursor: null };
    expect(await admin.workspaces.list({ cursor: "b", limit: 1 })).toEqual(own);
    const { entries } = await operator.audit.list({ action: "workspaces.create", targetType: "workspace" });
    expect(entries.map(({ workspace }) => workspace)).toEqual(["a", "a-b", "b", "acme"]);
  });

  test("a token works until it is revoked or expires, and not after", async () => {
    await using started = await start(kind);
    const { api, admin } = started;
    const expiresAt = inMs(api, MINUTE_MS);
    const short = await admin.tokens.create({ role: "viewer", name: "short", expiresAt });
    const long = await admin.tokens.create({ role: "viewer", name: "long" });
    expect(await codeOf(api.client(short.secret).keys.list({}))).toBe("no error");
    expect(await codeOf(api.client(long.secret).keys.list({}))).toBe("no error");
    await admin.tokens.revoke({ tokenId: long.token.id });
    expect(await codeOf(api.client(long.secret).keys.list({}))).toBe("UNAUTHENTICATED");
    api.clock.advance(MINUTE_MS);
    expect(await codeOf(api.client(short.secret).keys.list({}))).toBe("UNAUTHENTICATED");
    const { tokens } = await admin.tokens.list();
    expect(tokens.slice(0, 2).map(({ name }) => name)).toEqual(["long", "short"]);
    expect(tokens[0]?.revokedAt).toBe(inMs(api, -MINUTE_MS));
  });

  test("an admin hands out tokens of the own workspace only, an operator of any", async () => {
    await using started = await start(kind);
    const { api, admin } = started;
    await api.tenant("other");
    await api.cluster("local", []);
    const operator = api.client(api.operatorToken);
    expect(await codeOf(admin.tokens.create({ role: "operator", name: "a" }))).toBe("FORBIDDEN");
    expect(await codeOf(admin.tokens.create({ role: "reconciler", cluster: "local", name: "a" }))).toBe("FORBIDDEN");
    expect(await codeOf(admin.tokens.create({ role: "viewer", workspace: "other", name: "a" }))).toBe("NOT_FOUND");
    expect(await codeOf(operator.tokens.create({ role: "viewer", name: "a" }))).toBe("INVALID_INPUT");
    expect(await codeOf(operator.tokens.create({ role: "viewer", workspace: "none", name: "a" }))).toBe("NOT_FOUND");
    expect(await codeOf(operator.tokens.create({ role: "reconciler", cluster: "none", name: "a" }))).toBe("NOT_FOUND");
    expect(await codeOf(operator.tokens.create({ role: "operator", name: "a" }))).toBe("no error");
    const own = await admin.tokens.list();
    expect(new Set(own.tokens.map(({ workspace }) => workspace))).toEqual(new Set(["acme"]));
  });

  test("tokens are read page by page, each once, and nobody's but one's own", async () => {
    await using started = await start(kind);
    const { api, admin } = started;
    const operator = api.client(api.operatorToken);
    await api.cluster("local", ["acme"]);
    await api.tenant("other");
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await admin.tokens.create({ role: "viewer", name });
    const readAll = async ({ tokens: { list } }: ItsyClient) => {
      const found: TokenView[] = [];
      let cursor: string | undefined;
      do {
        const page = await list({ limit: 2, ...(cursor !== undefined && { cursor }) });
        expect(page.tokens.length).toBeLessThanOrEqual(2);
        found.push(...page.tokens);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(found).toEqual((await list({ limit: 100 })).tokens);
      return found;
    };
    const own = await readAll(admin);
    expect(own.slice(0, 5).map(({ name }) => name)).toEqual(names.toReversed());
    expect(new Set(own.map(({ workspace }) => workspace))).toEqual(new Set(["acme"]));
    const ofInstallation = await readAll(operator);
    expect(ofInstallation.map(({ role, cluster }) => [role, cluster])).toEqual([
      ["reconciler", "local"],
      ["operator", null],
    ]);
    expect((await operator.tokens.list({ cursor: own[0]?.id })).tokens).not.toContainEqual(own[1]);
  });
});
