import { writeFile } from "node:fs/promises";

import { crdFileName, crdYaml } from "../src/crd/crd-manifest.ts";
import { customResources } from "../src/custom-resources.ts";

const folder = new URL("../../../deploy/crds/", import.meta.url);

for (const resource of customResources) await writeFile(new URL(crdFileName(resource), folder), crdYaml(resource));
