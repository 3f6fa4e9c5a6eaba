import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { findKubectl } from "@itsy/testbed";
import { beforeAll, describe, expect, test } from "vitest";

import { readSecretValue } from "../src/api-key.ts";
import { startReconciler } from "../src/reconciler.ts";
import { inRepository } from "../src/repository.ts";
import { verify } from "../src/verify.ts";
import { isAvailable, startWorld } from "./world/world.ts";

const run = promisify(execFile);

let program: string;

// Not in the test: where kubectl is built first, that takes longer than a test may.
beforeAll(async () => {
  program = await findKubectl();
});

describe.each(["sqlite", "mysql", "mariadb"] as const)("on %s", (kind) => {
  test.runIf(isAvailable(kind))(
    "the samples, applied with kubectl, become a Secret whose value verifies as that key",
    async () => {
      await using world = await startWorld(kind);
      const { service, cluster, admin } = world;
      await using _reconciler = await startReconciler({ service, kubeconfigPath: cluster.reconciler.kubeconfigPath });
      const kubectl = async (...args: string[]) => {
        const { stdout } = await run(program, [
          "--kubeconfig",
          cluster.controlPlane.kubeconfigPath,
          "-n",
          "shop",
          ...args,
        ]);
        return stdout;
      };

      const samples = ["namespace", "reconciler-rights", "workspace-grant", "apikey"];
      await kubectl("apply", ...samples.flatMap((name) => ["-f", inRepository(`deploy/samples/${name}.yaml`)]));
      await kubectl("wait", "--for=condition=Ready", "apikey/website", "--timeout=60s");

      const secret = await readSecretValue(cluster.client, { namespace: "shop", name: "website-api-key" });
      const answer = await verify(service, secret ?? "");
      const keyId = await kubectl("get", "apikey", "website", "-o", "jsonpath={.status.keyId}");
      expect(answer).toMatchObject({ valid: true, keyId, name: "Website Integration", environment: "production" });
      expect(await admin.keys.get({ keyId })).toMatchObject({
        status: "active",
        revision: 1,
        displayPrefix: secret?.slice(0, "itsy_production_sk_".length + 4),
        managedBy: { cluster: "local", namespace: "shop", name: "website" },
      });
      expect(await kubectl("get", "apikeys")).toMatch(/website\s+True\s+/);
    },
  );
});
