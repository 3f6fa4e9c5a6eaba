import { apiKeyResource } from "./api-key/resource.ts";
import { type CustomResource } from "./crd/crd-manifest.ts";
import { workspaceGrantResource } from "./grant/resource.ts";

/** Every custom resource of the group. */
export const customResources: readonly CustomResource[] = [apiKeyResource, workspaceGrantResource];
