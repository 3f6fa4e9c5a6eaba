import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { Events, Secrets } from "@itsy/controller-runtime";
import { secretSha256Hex } from "@itsy/key-format";
import { expect, test } from "vitest";

import { startReconciler } from "../src/reconciler.ts";
import { createTenant } from "./world/tenant.ts";
import { startWorld, type World } from "./world/world.ts";

/** Everything that the installation wrote down in files: the database with its journal; the kit and the peppers apart. */
const databaseText = ({ dataDir }: World): string =>
  readdirSync(dataDir)
    .filter(
      (file) => file.startsWith("itsy.db") && !file.endsWith(".peppers") && statSync(join(dataDir, file)).isFile(),
    )
    .map((file) => readFileSync(join(dataDir, file), "latin1"))
    .join("\n");

const metricsText = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();

test("the full secret lies in its Secret and nowhere else: not in the database, a log, a metric, an event or a status", async () => {
  await using world = await startWorld();
  const { service, cluster, admin } = world;
  const planted: string[] = [];
  const texts: Record<string, string> = {};
  {
    await using reconciler = await startReconciler({
      service,
      kubeconfigPath: cluster.reconciler.kubeconfigPath,
      env: { LOG_LEVEL: "trace" },
    });
    const tenant = await createTenant(world);
    const name = await tenant.applyReady();
    planted.push(await tenant.value(name));
    await tenant.requestRotation(name, "now");
    await tenant.until(name, "has revision 2", (apiKey) => apiKey.status?.revision === 2);
    planted.push(await tenant.value(name));

    const issued = await admin.keys.create({ name: "by a person", environment: "preview" });
    const rotated = await admin.keys.rotate({ keyId: issued.key.id, overlapMs: 60_000 });
    planted.push(issued.secret, rotated.secret);
    const errors: unknown[] = [];
    for (const secret of planted) {
      await admin.keys.verify({ secret });
      // As wrong as a careless caller would be: a secret where something else belongs.
      for (const wrong of [
        admin.keys.get({ keyId: secret }),
        admin.keys.create({ name: secret, environment: secret as "local" }),
        admin.projects.create({ slug: secret, name: secret }),
      ]) {
        await wrong.then(
          () => {},
          (error: unknown) => errors.push(error),
        );
      }
      const answer = await fetch(`${service.url}/v1/verify?secret=${secret}`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "x-request-id": secret, "content-type": "application/json" },
        body: `{"secret": "${secret}", "${secret}": `,
      });
      errors.push(await answer.text(), [...answer.headers]);
    }
    const { port } = await reconciler.logged("serving /healthz, /readyz and /metrics");
    texts["errors"] = errors
      .map((error) => (error instanceof Error ? `${error.stack} ${JSON.stringify(error)}` : JSON.stringify(error)))
      .join("\n");
    texts["metrics of the service"] = await metricsText(service.url);
    texts["metrics of the reconciler"] = await metricsText(`http://127.0.0.1:${String(port)}`);
    texts["events"] = JSON.stringify(await cluster.client.listPage(Events));
    texts["the ApiKey"] = JSON.stringify(await tenant.get(name));
    const secrets = await cluster.client.listPage(Secrets);
    texts["Secrets, besides their data"] = JSON.stringify(secrets.items.map(({ data: _data, ...rest }) => rest));
    texts["log of the reconciler"] = reconciler.lines.join("\n");
  }
  texts["log of the service"] = service.program.lines.join("\n");
  texts["database"] = databaseText(world);

  expect(planted).toHaveLength(4);
  const tokens = Object.values(service.tokens);
  for (const [where, text] of Object.entries(texts)) {
    expect(text.length, `there is something to search in: ${where}`).toBeGreaterThan(100);
    for (const secret of [...planted, ...tokens]) {
      expect(text.includes(secret), `a secret in ${where}`).toBe(false);
      expect(text.includes(secret.slice(-30)), `the end of a secret in ${where}`).toBe(false);
      expect(text.includes(Buffer.from(secret).toString("base64").slice(4, 40)), `a secret in base64 in ${where}`).toBe(
        false,
      );
      expect(text.includes(secretSha256Hex(secret)), `the SHA-256 of a secret in ${where}`).toBe(false);
    }
  }
});
