import { createKubeClient, type KubeClient, KubeError, nameOf } from "@itsy/controller-runtime";
import { type ControlPlane, startControlPlane } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type ApiKey, ApiKeys } from "../src/api-key/resource.ts";
import { type WorkspaceGrant, WorkspaceGrants } from "../src/grant/resource.ts";
import { crdFolder, loadKubeConfig } from "./control-plane.ts";
import { networks, refusedApiKeys, refusedGrants } from "./refused-specs.ts";

let controlPlane: ControlPlane;
let kube: KubeClient;

beforeAll(async () => {
  controlPlane = await startControlPlane({ crdPaths: [crdFolder] });
  kube = createKubeClient({ kubeConfig: loadKubeConfig(controlPlane), userAgent: "test" });
});
afterAll(async () => {
  await kube?.close();
  await controlPlane?.[Symbol.asyncDispose]();
});

const spec = { workspace: "acme", displayName: "Website", environment: "production" };
let counter = 0;
const anApiKey = (change: object) =>
  ({
    metadata: { name: `key-${counter++}`, namespace: "default" },
    spec: { ...spec, ...change },
  }) as unknown as ApiKey;
const aGrant = (change: object) =>
  ({
    metadata: { name: `grant-${counter++}` },
    spec: { workspace: "acme", namespaces: ["shop"], environments: ["production"], ...change },
  }) as unknown as WorkspaceGrant;

const refusalOf = async (write: Promise<unknown>): Promise<KubeError> => {
  const error = await write.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof KubeError)) throw new Error("the API server took it", { cause: error });
  return error;
};

describe("an ApiKey that does not fit is refused with a readable message, and nothing is stored", () => {
  test.each(refusedApiKeys)("%s", async (_what, change, message) => {
    const apiKey = anApiKey(change);
    const error = await refusalOf(kube.create(ApiKeys, apiKey));
    expect(error.status).toBe(422);
    expect(error.message).toMatch(message);
    expect(await kube.get(ApiKeys, nameOf(apiKey))).toBeNull();
  });

  test("spec missing", async () => {
    const error = await refusalOf(kube.create(ApiKeys, { metadata: { name: "none", namespace: "default" } } as ApiKey));
    expect(error.message).toMatch(/spec: Required value/);
  });
});

const changed: readonly (readonly [string, object, object, RegExp])[] = [
  ["workspace", {}, { workspace: "other" }, /workspace cannot be changed: create another ApiKey instead/],
  ["project", {}, { project: "other" }, /project cannot be changed/],
  ["environment", {}, { environment: "local" }, /environment cannot be changed/],
];

test.each(changed)("%s cannot change", async (_what, before, change, message) => {
  const stored = await kube.create(ApiKeys, anApiKey(before));
  const error = await refusalOf(kube.mergePatch(ApiKeys, nameOf(stored), { spec: change }));
  expect(error.status).toBe(422);
  expect(error.message).toMatch(message);
  expect((await kube.get(ApiKeys, nameOf(stored)))?.metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
});

test("an ApiKey with the least gets its defaults, and counts as in progress for kstatus", async () => {
  const stored = await kube.create(ApiKeys, anApiKey({}));
  expect(stored.spec).toEqual({
    ...spec,
    project: "default",
    rateLimit: { requestsPerMinute: 60 },
    paused: false,
    permissions: [],
    ipRules: [],
    rotation: { overlap: "1h" },
    secret: { key: "apiKey" },
    deletionPolicy: "Revoke",
  });
  expect(stored.status).toEqual({ observedGeneration: -1 });
});

test("an ApiKey with everything at its bounds is taken", async () => {
  await kube.create(
    ApiKeys,
    anApiKey({
      workspace: "a".repeat(63),
      displayName: "é".repeat(100),
      rateLimit: { requestsPerMinute: 1_000_000 },
      expiresAt: "2027-06-01T00:00:00.123+02:00",
      permissions: ["*", "files:*", ...Array.from({ length: 62 }, (_, at) => `p${at}:${"a".repeat(96)}`)],
      ipRules: ["2001:0db8:0000:0000:0000:0000:0000:0000/128", "::/0", ...networks(62)],
      rotation: {
        every: "8784h",
        overlap: "167h59m60s",
        atExpiry: "End",
        retireWhenUnused: { idleFor: "1m", atMost: "168h" },
      },
      secret: {
        name: "a".repeat(253),
        key: "API_KEY.txt",
        includePrevious: true,
        template: Object.fromEntries(
          Array.from({ length: 8 }, (_, at) => [`${at}${"k".repeat(252)}`, `{{ .secret }}${"x".repeat(4083)}`]),
        ),
        labels: { "example.com/team": "web", plain: "" },
        annotations: { "example.com/note": "x".repeat(1024) },
      },
      deletionPolicy: "Retain",
      propagate: "Prompt",
      restartTargets: [
        { kind: "Deployment", name: "website" },
        { kind: "StatefulSet", name: "website" },
        { kind: "DaemonSet", name: "website" },
      ],
    }),
  );
});

test.each(refusedGrants)("a grant is refused: %s", async (_what, change, message) => {
  const grant = aGrant(change);
  const error = await refusalOf(kube.create(WorkspaceGrants, grant));
  expect(error.status).toBe(422);
  expect(error.message).toMatch(message);
  expect(await kube.get(WorkspaceGrants, nameOf(grant))).toBeNull();
});
