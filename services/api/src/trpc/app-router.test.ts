import { procedurePaths, procedures } from "@itsy/contract";
import { type Actor, accessTable, DomainError } from "@itsy/core";
import type { AnyTRPCProcedure } from "@trpc/server";
import { describe, expect, test } from "vitest";

import { createAppRouter, type UseCases } from "./app-router.ts";
import type { Context } from "./context.ts";
import { trpc } from "./init.ts";

const calls: string[] = [];
/** Use-cases that note who was let through, and answer nonsense. */
const noting = (router: string) =>
  new Proxy(
    {},
    {
      get: (_target, name) => (actor: Actor) => {
        calls.push(`${actor.role} ${router}.${String(name)}`);
        return { nonsense: true };
      },
    },
  );
const useCases = {
  ...Object.fromEntries(Object.keys(procedures).map((router) => [router, noting(router)])),
  verify: (actor: Actor) => {
    calls.push(`${actor.role} keys.verify`);
    return { nonsense: true };
  },
} as unknown as UseCases;

const router = createAppRouter(useCases);
const served = router._def.procedures as unknown as Record<string, AnyTRPCProcedure>;

const actors: readonly Actor[] = [
  { kind: "installation", tokenId: "tok", role: "operator" },
  ...(["admin", "developer", "viewer", "verifier"] as const).map(
    (role): Actor => ({ kind: "workspace", tokenId: "tok", role, workspaceId: "ws" }),
  ),
  { kind: "cluster", tokenId: "tok", role: "reconciler", clusterId: "cl" },
];

const call = async (path: string, caller: Context["caller"], input: unknown): Promise<string> => {
  const [group = "", name = ""] = path.split(".");
  const proxy = trpc.createCallerFactory(router)({ requestId: "r", caller }) as unknown as Record<
    string,
    Record<string, (input: unknown) => Promise<unknown>>
  >;
  try {
    await proxy[group]?.[name]?.(input);
    return "answered";
  } catch (error) {
    const { cause } = error as Error;
    return cause instanceof DomainError ? cause.code : (error as { code: string }).code;
  }
};

test("the router, the contract and the access table have the same procedures", () => {
  expect(Object.keys(served).toSorted()).toEqual([...procedurePaths].toSorted());
  expect(Object.keys(accessTable).toSorted()).toEqual([...procedurePaths].toSorted());
});

describe.each(procedurePaths)("%s", (path) => {
  const [group, name] = path.split(".") as [keyof typeof procedures, string];
  const row = (procedures[group] as unknown as Record<string, { type: string }>)[name];

  test("is of the kind that the contract says", () => {
    expect((served[path] as AnyTRPCProcedure)._def.type).toBe(row?.type);
  });

  test("lets in the roles of the table and no other, before it looks at the input", async () => {
    const roles: readonly string[] = accessTable[path];
    for (const actor of actors) {
      const outcome = await call(path, () => Promise.resolve(actor), "not an input");
      expect([actor.role, outcome]).toEqual([actor.role, roles.includes(actor.role) ? "BAD_REQUEST" : "FORBIDDEN"]);
    }
  });
});

test("an answer that does not fit the contract does not leave the service", async () => {
  const admin = actors[1] as Actor;
  expect(await call("projects.list", () => Promise.resolve(admin), {})).toBe("INTERNAL_SERVER_ERROR");
  expect(calls).toContain("admin projects.list");
});
