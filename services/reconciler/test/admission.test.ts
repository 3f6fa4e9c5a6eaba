import type { Credentials } from "@itsy/testbed";
import { waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkspaceGrants } from "../src/grant/resource.ts";
import { deploy, install } from "./installation.ts";
import { type KubectlResult, kubectl } from "./kubectl.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
/** In the group of deploy/samples/workspace-user.yaml, and otherwise an editor of "shop". */
let developer: Credentials;
/** May write ApiKeys, but use no workspace. */
let outsider: Credentials;

const admin = (...args: string[]) => kubectl(world.controlPlane, args);
const succeed = async (outcome: Promise<KubectlResult>): Promise<void> => {
  expect(await outcome).toMatchObject({ code: 0, stderr: "" });
};

beforeAll(async () => {
  world = await startWorld({ controllerManager: true });
  await install(world);
  for (const sample of ["namespace", "workspace-user"])
    await succeed(admin("apply", "-f", deploy(`samples/${sample}.yaml`)));
  await succeed(admin("create", "namespace", "blog"));
  await succeed(
    admin(
      "create",
      "rolebinding",
      "editors",
      "-n",
      "shop",
      "--clusterrole=edit",
      "--group=shop-developers",
      "--user=olga",
    ),
  );
  await succeed(
    admin("create", "rolebinding", "editors", "-n", "blog", "--clusterrole=edit", "--group=shop-developers"),
  );
  developer = await world.controlPlane.addUser({ name: "dev", groups: ["shop-developers"] });
  outsider = await world.controlPlane.addUser({ name: "olga", groups: ["outsiders"] });
});
afterAll(() => world?.[Symbol.asyncDispose]());

let count = 0;
const manifest = ({
  namespace = "shop",
  name = `key-${count++}`,
  spec = "",
}: {
  namespace?: string;
  name?: string;
  spec?: string;
}) => `
apiVersion: keys.itsy.dev/v1
kind: ApiKey
metadata: { name: ${name}, namespace: ${namespace} }
spec: { workspace: acme, displayName: x, environment: local${spec} }
`;
const apply = (who: Credentials, options: Parameters<typeof manifest>[0] = {}) =>
  kubectl(who, ["create", "-f", "-"], manifest(options));

test("every expression of the policies fits the schema of what it looks at", async () => {
  for (const policy of ["itsy-apikey-requester", "itsy-apikey-limits", "itsy-apikey-warnings"]) {
    const typeChecking = await waitUntil(
      async () => {
        const { stdout } = await admin("get", "validatingadmissionpolicy", policy, "-o", "json");
        return (JSON.parse(stdout) as { status?: { typeChecking?: object } }).status?.typeChecking;
      },
      { what: "the API server has looked at the policy", timeoutMs: 20_000 },
    );
    expect(typeChecking).toEqual({});
  }
});

describe("who may use a workspace", () => {
  test('whoever holds the verb "use" in the namespace makes keys of it', async () => {
    await succeed(apply(developer));
  });

  test("nobody else does, and the message says what is missing and how it is granted", async () => {
    const refused = await apply(outsider);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(
      /olga may not make keys of workspace "acme" in namespace "shop"\. An administrator lets them with a Role in this namespace.*resourceNames: \[acme\], verbs: \[use\]\}/,
    );
    const elsewhere = await apply(developer, { namespace: "blog" });
    expect(elsewhere.stderr).toMatch(/dev may not make keys of workspace "acme" in namespace "blog"/);
  });

  test("the Role of the message, made by an administrator, helps", async () => {
    await succeed(admin("create", "namespace", "helped"));
    await succeed(admin("create", "rolebinding", "editors", "-n", "helped", "--clusterrole=edit", "--user=olga"));
    const { stderr } = await apply(outsider, { namespace: "helped" });
    const rule = /\{apiGroups.*\}/.exec(stderr)?.[0] ?? "";
    const head =
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: use-acme, namespace: helped }";
    await succeed(kubectl(world.controlPlane, ["create", "-f", "-"], `${head}\nrules: [${rule}]\n`));
    await succeed(admin("-n", "helped", "create", "rolebinding", "use-acme", "--role=use-acme", "--user=olga"));
    await succeed(apply(outsider, { namespace: "helped" }));
  });

  test("a rotate request, a label and a deletion need no such right; another spec does", async () => {
    await succeed(apply(developer, { name: "mine" }));
    const asOutsider = (...args: string[]) => kubectl(outsider, ["-n", "shop", ...args]);
    await succeed(asOutsider("annotate", "apikey", "mine", "keys.itsy.dev/rotate-requested-at=now"));
    await succeed(asOutsider("label", "apikey", "mine", "team=web"));
    const patch = '{"spec":{"rateLimit":{"requestsPerMinute":5}}}';
    const refused = await asOutsider("patch", "apikey", "mine", "--type=merge", "-p", patch);
    expect(refused.stderr).toMatch(/olga may not make keys/);
    await succeed(asOutsider("delete", "apikey", "mine"));
  });

  test("a grant is named like its workspace in the sample, so that the right is one on a thing that is there", async () => {
    await succeed(admin("apply", "-f", deploy("samples/workspace-grant.yaml")));
    const grant = await world.kube.get(WorkspaceGrants, { name: "acme" });
    expect(grant?.spec.workspace).toBe(grant?.metadata.name);
  });
});

describe("limits of the cluster", () => {
  const setLimits = (data: object) =>
    admin(
      "-n",
      "itsy-system",
      "patch",
      "configmap",
      "itsy-apikey-limits",
      "--type=merge",
      "-p",
      JSON.stringify({ data }),
    );
  afterAll(() => setLimits({ maxRequestsPerMinute: "1000000", environments: "production,preview,local" }));

  test.each([
    [
      { maxRequestsPerMinute: "100" },
      ", rateLimit: { requestsPerMinute: 101 }",
      /requestsPerMinute is 101, and this cluster allows at most 100/,
    ],
    [
      { environments: "production,preview" },
      "",
      /spec.environment is local, and this cluster allows only production,preview/,
    ],
  ])("%j", async (limits, spec, message) => {
    await succeed(
      setLimits({ maxRequestsPerMinute: "1000000", environments: "production,preview,local" }).then((result) => ({
        ...result,
        stderr: "",
      })),
    );
    await setLimits(limits);
    // The parameter reaches the policy a moment later.
    await waitUntil(async () => message.test((await apply(developer, { spec })).stderr), { what: "the limit holds" });
  });
});

describe("a word of warning", () => {
  test("an overlap below 5m is allowed, and the warning says why it is short", async () => {
    const { code, stderr } = await apply(developer, { spec: ", rotation: { overlap: 1m }" });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /Warning:.*spec\.rotation\.overlap is 1m: a changed Secret reaches a mounted volume after 60 to 80 s/s,
    );
  });

  test("so is retireWhenUnused that may end the secret before within 5m", async () => {
    const spec = ", rotation: { overlap: 0s, retireWhenUnused: { idleFor: 1m, atMost: 24h } }";
    const { code, stderr } = await apply(developer, { spec });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /Warning:.*spec\.rotation\.overlap is 0s and retireWhenUnused\.idleFor 1m: a changed Secret/s,
    );
  });

  test("5m and the default bring none", async () => {
    await succeed(apply(developer, { spec: ", rotation: { overlap: 5m }" }));
    await succeed(apply(developer));
    for (const rotation of [
      "{ overlap: 0s, retireWhenUnused: { idleFor: 5m, atMost: 24h } }",
      "{ overlap: 5m, retireWhenUnused: { idleFor: 1m, atMost: 24h } }",
    ])
      expect((await apply(developer, { spec: `, rotation: ${rotation}` })).stderr).not.toMatch(/Warning/);
  });
});
