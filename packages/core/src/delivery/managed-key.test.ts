import { expect, test } from "vitest";

import type { ClusterActor } from "../access/actor.ts";
import type { ApiKey, Binding, Workspace } from "../entities.ts";
import type { Stores } from "../ports.ts";
import { keyOf } from "./managed-key.ts";

const CLUSTER = "cl_1";
const actor = { role: "reconciler", clusterId: CLUSTER } as ClusterActor;
const binding = { clusterId: CLUSTER, ownerUid: "uid", keyId: "key_1", releasedAt: null } as Binding;

/** A cluster that may act for so many workspaces; the key is in the last one. */
const createStores = ({
  workspaces: count,
  isAllowed,
}: {
  readonly workspaces: number;
  readonly isAllowed: boolean;
}) => {
  const workspaces = Array.from({ length: count }, (_, at) => ({ id: `ws_${at}` }) as Workspace);
  const key = { id: "key_1", workspaceId: `ws_${count - 1}` } as ApiKey;
  const allowed = isAllowed ? workspaces : workspaces.slice(0, -1);
  let asked = 0;
  const counted = <T>(answer: (...given: string[]) => T) => {
    return async (...given: string[]): Promise<T> => {
      asked += 1;
      return answer(...given);
    };
  };
  const stores = {
    clusters: { allowedWorkspaces: counted(() => new Map([[CLUSTER, allowed]])) },
    workspaces: { findById: counted((id) => workspaces.find((workspace) => workspace.id === id) ?? null) },
    keys: {
      findById: counted((workspaceId, id) => (workspaceId === key.workspaceId && id === key.id ? key : null)),
      findForCluster: counted((_, id) => (isAllowed && id === key.id ? key : null)),
    },
  } as unknown as Stores;
  return { stores, key, asked: () => asked };
};

test("a cluster that may act for very many workspaces finds a key with two questions", async () => {
  const { stores, key, asked } = createStores({ workspaces: 500, isAllowed: true });
  expect(await keyOf(stores, actor, binding)).toEqual({ binding, key, workspace: { id: key.workspaceId } });
  expect(asked()).toBe(2);
});

test("a key of a workspace that it may not act for is refused like one that is not there", async () => {
  const { stores } = createStores({ workspaces: 3, isAllowed: false });
  const codeOf = (keyId: string) => {
    const bound = { ...binding, keyId };
    const bindings = { findByOwner: async () => bound } as unknown as Stores["bindings"];
    return keyOf({ ...stores, bindings }, actor, bound).catch(({ code, message }) => ({ code, message }));
  };
  expect(await codeOf("key_1")).toMatchObject({ code: "FORBIDDEN" });
  expect(await codeOf("key_1")).toEqual(await codeOf("key_none"));
});
