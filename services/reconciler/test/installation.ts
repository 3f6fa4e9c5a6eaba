import { fileURLToPath } from "node:url";
import { type Credentials, waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll } from "vitest";
import { parseAllDocuments } from "yaml";

import { rbacCommand } from "../src/rights/rbac-command.ts";
import { kubectl } from "./kubectl.ts";
import type { ReconcilerOptions } from "./reconciler-process.ts";
import { createPlace, type Place, startWorld, type World } from "./world.ts";

export const deploy = (path: string) => fileURLToPath(new URL(`../../../deploy/${path}`, import.meta.url));

/** What only a real node can run, or needs a controller that is not here. */
const workloads = new Set(["Deployment", "Service", "PersistentVolumeClaim"]);

export interface Installation {
  /** The reconciler's ServiceAccount: the rights of the base and no others. */
  readonly reconciler: Credentials;
  /** Lets the reconciler write Secrets there, as `reconciler rbac` prints it. */
  readonly serve: (place: Pick<Place, "namespace">, ...options: string[]) => Promise<void>;
}

const applied = async (world: World, manifests: string): Promise<void> => {
  const { code, stderr } = await kubectl(world.controlPlane, ["apply", "-f", "-"], manifests);
  if (code !== 0) throw new Error(stderr);
};

/** A policy takes a moment to be in force after it is stored; until then the API server lets everything pass. */
const untilPoliciesHold = async ({ controlPlane }: World): Promise<void> => {
  const nobody = await controlPlane.addUser({ name: "nobody-in-particular", groups: ["system:masters"] });
  const probe = `
apiVersion: keys.itsy.dev/v1
kind: ApiKey
metadata: { name: probe, namespace: default }
spec: { workspace: probe, displayName: probe, environment: local, rotation: { overlap: 1s } }
`;
  await waitUntil(
    async () =>
      /itsy-apikey-warnings/.test((await kubectl(nobody, ["apply", "--dry-run=server", "-f", "-"], probe)).stderr),
    { what: "the admission policies hold", timeoutMs: 20_000 },
  );
};

/** The base as kustomize renders it: rights and admission policies in force. */
export const install = async (world: World): Promise<Installation> => {
  const rendered = await kubectl(world.controlPlane, ["kustomize", deploy("kustomize/base")]);
  if (rendered.stderr !== "") throw new Error(rendered.stderr);
  const documents = parseAllDocuments(rendered.stdout).filter(
    (document) => !workloads.has(document.get("kind") as string),
  );
  await applied(world, documents.map(String).join("---\n"));
  await untilPoliciesHold(world);
  const reconciler = await world.controlPlane.addUser({
    name: "system:serviceaccount:itsy-system:itsy-reconciler",
    groups: ["system:serviceaccounts", "system:serviceaccounts:itsy-system", "system:authenticated"],
  });
  return {
    reconciler,
    serve: ({ namespace }, ...options) => applied(world, rbacCommand(["--namespace", namespace, ...options]).text),
  };
};

/** An installation for one file of tests, with places that its reconciler serves. */
export const useInstallation = (options: Parameters<typeof startWorld>[0] = {}) => {
  let installed: (Installation & { readonly world: World }) | null = null;
  const get = () => {
    if (installed === null) throw new Error("used before beforeAll");
    return installed;
  };
  beforeAll(async () => {
    const world = await startWorld(options);
    installed = { world, ...(await install(world)) };
  });
  afterAll(() => installed?.world[Symbol.asyncDispose]());
  return {
    get kube() {
      return get().world.kube;
    },
    get world() {
      return get().world;
    },
    /** A place, and `run` for a reconciler there with the rights of the installation and no others. */
    serve: (place: Pick<Place, "namespace">, ...rights: string[]) => get().serve(place, ...rights),
    served: async ({ rights = [], ...place }: { granted?: boolean; rights?: readonly string[] } = {}) => {
      const created = await createPlace(get().world, place);
      await get().serve(created, ...rights);
      const { reconciler: credentials } = get();
      return {
        ...created,
        run: (change: Partial<ReconcilerOptions> = {}) => created.start({ credentials, ...change }),
      };
    },
  };
};
