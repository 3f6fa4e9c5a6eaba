import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

import { crdFileName, crdYaml } from "../src/crd/crd-manifest.ts";
import { customResources } from "../src/custom-resources.ts";

test.each(customResources)("the committed CRD of $kind is what its schema generates", async (resource) => {
  const committed = await readFile(new URL(`../../../deploy/crds/${crdFileName(resource)}`, import.meta.url), "utf8");
  expect(committed, "run: pnpm --filter @itsy/reconciler generate:crds").toBe(crdYaml(resource));
});
