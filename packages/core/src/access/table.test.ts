import { procedurePaths, Role } from "@itsy/contract";
import { describe, expect, test } from "vitest";

import { DomainError } from "../errors.ts";
import type { Actor } from "./actor.ts";
import { actorOf } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { accessTable } from "./table.ts";

const actorWith = (role: Role): Actor =>
  actorOf({
    id: "tok_1",
    name: "t",
    role,
    workspaceId: role === "operator" || role === "reconciler" ? null : "ws_1",
    clusterId: role === "reconciler" ? "cl_1" : null,
    digest: new Uint8Array(32),
    pepperVersion: 1,
    displayPrefix: "itsy_mt_abcd",
    expiresAt: null,
    revokedAt: null,
    leakedAt: null,
    createdAt: new Date(0),
  });

test("the table has a row for each procedure and none besides", () => {
  expect(Object.keys(accessTable).toSorted()).toEqual(procedurePaths.toSorted());
});

describe.each(procedurePaths)("%s", (path) => {
  test.each(Role.options)("%s gets exactly what the row says", (role) => {
    const call = () => authorize(actorWith(role), path);
    if ((accessTable[path] as readonly Role[]).includes(role)) expect(call()).toMatchObject({ role });
    else expect(call).toThrow(DomainError);
  });
});

test("no role of a workspace delivers, and the reconciler does nothing else", () => {
  for (const path of procedurePaths) {
    const roles: readonly Role[] = accessTable[path];
    expect(roles.includes("reconciler")).toBe(path.startsWith("delivery."));
    if (roles.includes("reconciler")) expect(roles).toEqual(["reconciler"]);
  }
});
