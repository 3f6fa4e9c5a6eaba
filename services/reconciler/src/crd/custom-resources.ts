import { apiKeyResource } from "../api-key/resource.ts";
import { workspaceGrantResource } from "../grant/resource.ts";
import { type CustomResource } from "./crd-manifest.ts";

/** Every custom resource of the group. */
export const customResources: readonly CustomResource[] = [apiKeyResource, workspaceGrantResource];
