import { createKubeClient, type KubeClient, KubeError, nameOf } from "@itsy/controller-runtime";
import { type ControlPlane, startControlPlane } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type ApiKey, ApiKeys } from "../src/api-key/resource.ts";
import { type WorkspaceGrant, WorkspaceGrants } from "../src/grant/resource.ts";
import { crdFolder, loadKubeConfig } from "./control-plane.ts";

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

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key-${at}`, "value"]));

const networks = (count: number) => Array.from({ length: count }, (_, at) => `10.${at}.0.0/16`);

const refused: readonly (readonly [string, object, RegExp])[] = [
  ["workspace missing", { workspace: undefined }, /spec\.workspace: Required value/],
  ["workspace of the wrong type", { workspace: 5 }, /spec\.workspace.*must be of type string/],
  ["workspace in upper case", { workspace: "Acme" }, /spec\.workspace.*should match/],
  ["workspace empty", { workspace: "" }, /spec\.workspace/],
  ["workspace too long", { workspace: "a".repeat(64) }, /spec\.workspace.*(may not be more|Too long)/],
  ["project invalid", { project: "-x" }, /spec\.project.*should match/],
  ["project too long", { project: "a".repeat(64) }, /spec\.project.*Too long/],
  ["displayName missing", { displayName: undefined }, /spec\.displayName: Required value/],
  ["displayName empty", { displayName: "" }, /spec\.displayName/],
  ["displayName too long", { displayName: "a".repeat(101) }, /spec\.displayName.*Too long/],
  ["displayName of two lines", { displayName: "a\nb" }, /spec\.displayName.*should match/],
  ["displayName with space at its end", { displayName: "a " }, /spec\.displayName.*should match/],
  ["displayName of the wrong type", { displayName: { a: 1 } }, /spec\.displayName.*must be of type string/],
  ["environment missing", { environment: undefined }, /spec\.environment: Required value/],
  ["environment unknown", { environment: "staging" }, /spec\.environment: Unsupported value: "staging".*"production"/s],
  ["requestsPerMinute 0", { rateLimit: { requestsPerMinute: 0 } }, /requestsPerMinute.*greater than or equal to 1/],
  ["requestsPerMinute too high", { rateLimit: { requestsPerMinute: 1_000_001 } }, /less than or equal to 1000000/],
  ["requestsPerMinute fractional", { rateLimit: { requestsPerMinute: 1.5 } }, /requestsPerMinute.*integer/],
  ["requestsPerMinute as text", { rateLimit: { requestsPerMinute: "60" } }, /requestsPerMinute.*integer/],
  ["rateLimit of the wrong type", { rateLimit: 60 }, /spec\.rateLimit.*must be of type object/],
  ["expiresAt no date", { expiresAt: "tomorrow" }, /spec\.expiresAt.*date-time/],
  ["expiresAt of the wrong type", { expiresAt: 1 }, /spec\.expiresAt.*must be of type date-time/],
  ["paused of the wrong type", { paused: "yes" }, /spec\.paused.*must be of type boolean/],
  ["permission in upper case", { permissions: ["Files:read"] }, /spec\.permissions\[0\].*should match/],
  ["permission with a wildcard inside", { permissions: ["files:*:own"] }, /spec\.permissions\[0\].*should match/],
  ["permission empty", { permissions: [""] }, /spec\.permissions\[0\]/],
  ["permission too long", { permissions: ["a".repeat(101)] }, /spec\.permissions\[0\].*Too long/],
  ["permission twice", { permissions: ["a", "a"] }, /spec\.permissions\[1\]: Duplicate value/],
  ["permissions too many", { permissions: Object.keys(many(65)) }, /spec\.permissions.*at most 64/s],
  ["permissions of the wrong type", { permissions: "files:read" }, /spec\.permissions.*must be of type array/],
  ["IP rule without a prefix", { ipRules: ["203.0.113.7"] }, /every IP rule must be a network in CIDR notation/],
  ["IP rule with bits behind its prefix", { ipRules: ["::/0", "10.0.0.1/8"] }, /without bits behind its prefix/],
  ["IP rule of IPv6 with such bits", { ipRules: ["2001:db8::1/32"] }, /without bits behind its prefix/],
  ["IP rule with a zone", { ipRules: ["fe80::%eth0/64"] }, /every IP rule must be/],
  ["IP rule mapped into IPv6", { ipRules: ["::ffff:10.0.0.0/104"] }, /every IP rule must be/],
  ["IP rule mapped into IPv6, in hexadecimal", { ipRules: ["::ffff:a00:0/104"] }, /every IP rule must be/],
  ["IP rule with leading zeros", { ipRules: ["010.0.0.0/8"] }, /every IP rule must be/],
  ["IP rule with dots in IPv6", { ipRules: ["::10.0.0.0/104"] }, /every IP rule must be/],
  ["IP rule too wide", { ipRules: ["10.0.0.0/33"] }, /every IP rule must be/],
  ["IP rule twice", { ipRules: ["10.0.0.0/8", "10.0.0.0/8"] }, /spec\.ipRules\[1\]: Duplicate value/],
  ["IP rules too many", { ipRules: networks(65) }, /spec\.ipRules.*at most 64/s],
  ["overlap too long", { rotation: { overlap: "169h" } }, /rotation\.overlap must lie between 0s and 168h/],
  ["overlap just too long", { rotation: { overlap: "168h1ms" } }, /must lie between 0s and 168h/],
  ["overlap huge", { rotation: { overlap: "999999h999999h" } }, /must lie between 0s and 168h/],
  ["overlap negative", { rotation: { overlap: "-1h" } }, /spec\.rotation\.overlap.*should match/],
  ["overlap without unit", { rotation: { overlap: "60" } }, /spec\.rotation\.overlap.*should match/],
  ["overlap in days", { rotation: { overlap: "7d" } }, /spec\.rotation\.overlap.*should match/],
  ["overlap oversized", { rotation: { overlap: "1s".repeat(50) } }, /spec\.rotation\.overlap.*Too long/],
  ["overlap of the wrong type", { rotation: { overlap: 60 } }, /spec\.rotation\.overlap.*must be of type string/],
  [
    "overlap as long as every",
    { rotation: { every: "1h", overlap: "1h" } },
    /overlap must be shorter than rotation\.every/,
  ],
  [
    "overlap by default as long as every",
    { rotation: { every: "1h" } },
    /overlap must be shorter than rotation\.every/,
  ],
  ["every too short", { rotation: { every: "59s", overlap: "0s" } }, /rotation\.every must lie between 1m and 8784h/],
  ["every too long", { rotation: { every: "8785h" } }, /rotation\.every must lie between 1m and 8784h/],
  ["every in days", { rotation: { every: "30d" } }, /spec\.rotation\.every.*should match/],
  [
    "retireWhenUnused without a bound",
    { rotation: { retireWhenUnused: { idleFor: "5m" } } },
    /retireWhenUnused\.atMost: Required value/,
  ],
  [
    "retireWhenUnused idle for longer than at most",
    { rotation: { retireWhenUnused: { idleFor: "3h", atMost: "2h" } } },
    /idleFor may not be longer than atMost/,
  ],
  [
    "retireWhenUnused at most shorter than the overlap",
    { rotation: { overlap: "3h", retireWhenUnused: { idleFor: "1h", atMost: "2h" } } },
    /overlap may not be longer than rotation\.retireWhenUnused\.atMost/,
  ],
  [
    "retireWhenUnused at most as long as every",
    { rotation: { every: "24h", retireWhenUnused: { idleFor: "1h", atMost: "24h" } } },
    /retireWhenUnused\.atMost must be shorter than rotation\.every/,
  ],
  [
    "retireWhenUnused at most too long",
    { rotation: { retireWhenUnused: { idleFor: "1h", atMost: "169h" } } },
    /atMost must lie between 1m and 168h/,
  ],
  [
    "retireWhenUnused idle for too short",
    { rotation: { retireWhenUnused: { idleFor: "59s", atMost: "2h" } } },
    /idleFor must lie between 1m and 168h/,
  ],
  ["atExpiry unknown", { rotation: { atExpiry: "Ignore" } }, /rotation\.atExpiry: Unsupported value: "Ignore"/],
  [
    "restartTargets of another kind",
    { restartTargets: [{ kind: "Job", name: "x" }] },
    /kind: Unsupported value: "Job"/,
  ],
  [
    "restartTargets without a name",
    { restartTargets: [{ kind: "Deployment" }] },
    /restartTargets\[0\]\.name: Required/,
  ],
  [
    "restartTargets twice the same",
    { restartTargets: Array.from({ length: 2 }, () => ({ kind: "Deployment", name: "x" })) },
    /restartTargets\[1\]: Duplicate value/,
  ],
  [
    "restartTargets too many",
    { restartTargets: Array.from({ length: 17 }, (_, at) => ({ kind: "Deployment", name: `x${at}` })) },
    /restartTargets.*at most 16/s,
  ],
  ["propagate unknown", { propagate: "Now" }, /spec\.propagate: Unsupported value: "Now"/],
  ["secret.name invalid", { secret: { name: "Website_Key" } }, /spec\.secret\.name.*should match/],
  ["secret.name too long", { secret: { name: "a".repeat(254) } }, /spec\.secret\.name.*Too long/],
  ["secret.name empty", { secret: { name: "" } }, /spec\.secret\.name/],
  ["secret.key invalid", { secret: { key: "a/b" } }, /spec\.secret\.key.*should match/],
  ["secret.key too long", { secret: { key: "a".repeat(254) } }, /spec\.secret\.key.*Too long/],
  ["secret.labels too many", { secret: { labels: many(17) } }, /spec\.secret\.labels.*at most 16/s],
  ["secret.labels value invalid", { secret: { labels: { a: "b c" } } }, /spec\.secret\.labels.*should match/],
  ["secret.labels value too long", { secret: { labels: { a: "b".repeat(64) } } }, /spec\.secret\.labels.*Too long/],
  ["secret.labels key invalid", { secret: { labels: { "a b": "c" } } }, /every label needs a valid key/],
  ["secret.labels of ours", { secret: { labels: { "keys.itsy.dev/x": "c" } } }, /belong to the reconciler/],
  ["secret.annotations too many", { secret: { annotations: many(17) } }, /spec\.secret\.annotations.*at most 16/s],
  ["secret.annotations value too long", { secret: { annotations: { a: "b".repeat(1025) } } }, /annotations.*Too long/],
  ["secret.annotations of ours", { secret: { annotations: { "keys.itsy.dev/revision": "9" } } }, /belong to the rec/],
  ["secret.template key invalid", { secret: { template: { "a/b": "" } } }, /every key of secret\.template needs/],
  ["secret.template too many", { secret: { template: many(9) } }, /spec\.secret\.template.*at most 8/s],
  ["secret.template too long", { secret: { template: { a: "x".repeat(4097) } } }, /secret\.template\.a.*Too long/],
  [
    "secret.template with another placeholder",
    { secret: { template: { a: "{{ .name }}" } } },
    /placeholders of secret\.template are \{\{ \.secret \}\}, .*; no other "\{\{"/,
  ],
  [
    "secret.template over the secret's own key",
    { secret: { key: "a", template: { a: "x" } } },
    /secret\.template may not have the key of the secret itself/,
  ],
  [
    "secret.template over the value before",
    { secret: { template: { apiKey_previous: "x" } } },
    /secret\.template may not have the key of the secret itself/,
  ],
  [
    "secret.key too long for the value before",
    { secret: { key: "a".repeat(245), includePrevious: true } },
    /secret\.key has at most 244 characters/,
  ],
  ["deletionPolicy unknown", { deletionPolicy: "Keep" }, /spec\.deletionPolicy: Unsupported value: "Keep"/],
];

describe("an ApiKey that does not fit is refused with a readable message, and nothing is stored", () => {
  test.each(refused)("%s", async (_what, change, message) => {
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

const refusedGrants: readonly (readonly [string, object, RegExp])[] = [
  ["no namespaces", { namespaces: undefined }, /a grant names its namespaces, selects them by their labels, or both/],
  ["namespaces empty", { namespaces: [] }, /spec\.namespaces.*at least 1/s],
  ["namespace invalid", { namespaces: ["Shop"] }, /spec\.namespaces\[0\].*should match/],
  ["namespaces twice", { namespaces: ["shop", "shop"] }, /Duplicate value/],
  ["workspace missing", { workspace: undefined }, /spec\.workspace: Required value/],
  ["environments missing", { environments: undefined }, /spec\.environments: Required value/],
  ["environments empty", { environments: [] }, /spec\.environments.*at least 1/s],
  ["environments unknown", { environments: ["staging"] }, /Unsupported value: "staging"/],
  ["maxRequestsPerMinute 0", { maxRequestsPerMinute: 0 }, /greater than or equal to 1/],
  ["maxKeys below 0", { maxKeys: -1 }, /spec\.maxKeys.*greater than or equal to 0/],
  ["maxKeys beyond reason", { maxKeys: 1_000_001 }, /spec\.maxKeys.*less than or equal to 1000000/],
  ["maxKeys of the wrong type", { maxKeys: "2" }, /spec\.maxKeys.*must be of type integer/],
  [
    "operator unknown",
    { namespaceSelector: { matchExpressions: [{ key: "a", operator: "Is" }] } },
    /Unsupported value/,
  ],
];

test.each(refusedGrants)("a grant is refused: %s", async (_what, change, message) => {
  const grant = aGrant(change);
  const error = await refusalOf(kube.create(WorkspaceGrants, grant));
  expect(error.status).toBe(422);
  expect(error.message).toMatch(message);
  expect(await kube.get(WorkspaceGrants, nameOf(grant))).toBeNull();
});
