import { defineResource, type KubeObject, type Stored } from "@itsy/controller-runtime";
import { z } from "zod";

import type { CustomResource } from "../crd/crd-manifest.ts";
import { GROUP, VERSION } from "../group.ts";
import { ApiKeySpec } from "./schema/spec.ts";
import { ApiKeyStatus } from "./schema/status.ts";

/** The one source of the CRD's schema and of the TypeScript types. */
const ApiKeySchema = z
  .object({
    spec: ApiKeySpec.describe("What the key should be."),
    // Before the first report, kstatus reads "in progress" from the generation -1 (as Flux's resources do it).
    status: ApiKeyStatus.prefault({ observedGeneration: -1 }).describe("What the reconciler has found and done."),
  })
  .describe(
    "An ApiKey is a key of Itsy Keys that lives as long as this object. The reconciler creates it in the service and writes its full secret into a Secret of this namespace.",
  );

export interface ApiKey extends KubeObject {
  /** As stored: defaults are filled in by the API server; parsed with `ApiKeySpec` before use. */
  readonly spec: z.input<typeof ApiKeySpec>;
  readonly status?: ApiKeyStatus;
}
export type StoredApiKey = Stored<ApiKey>;

export const ApiKeys = defineResource<ApiKey>({
  apiVersion: `${GROUP}/${VERSION}`,
  kind: "ApiKey",
  plural: "apikeys",
  namespaced: true,
});

const readyCondition = '.status.conditions[?(@.type=="Ready")]';

export const apiKeyResource: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: ApiKeys.kind,
  plural: ApiKeys.plural,
  singular: "apikey",
  shortNames: ["ak"],
  categories: ["itsy"],
  scope: "Namespaced",
  schema: ApiKeySchema,
  hasStatus: true,
  columns: [
    {
      name: "Ready",
      type: "string",
      jsonPath: `${readyCondition}.status`,
      description: "Whether the value in the Secret works.",
    },
    { name: "Status", type: "string", jsonPath: `${readyCondition}.reason`, description: "Why." },
    { name: "Environment", type: "string", jsonPath: ".spec.environment", description: "Where the key is used." },
    {
      name: "Prefix",
      type: "string",
      jsonPath: ".status.displayPrefix",
      description: "How the current secret begins.",
    },
    { name: "Revision", type: "integer", jsonPath: ".status.revision", description: "Number of the current secret." },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation." },
    { name: "Key id", type: "string", jsonPath: ".status.keyId", description: "Id in the service.", priority: 1 },
    { name: "Secret", type: "string", jsonPath: ".status.binding.name", description: "The Secret.", priority: 1 },
    {
      name: "Last rotated",
      type: "date",
      jsonPath: ".status.lastRotatedAt",
      description: "How long ago the current secret was delivered.",
      priority: 1,
    },
    {
      name: "Next rotation",
      // Not a date: kubectl shows one that lies ahead as <invalid>.
      type: "string",
      jsonPath: ".status.nextRotationAt",
      description: "When the next secret is due.",
      priority: 1,
    },
    {
      name: "Retiring until",
      type: "string",
      jsonPath: ".status.retiringUntil",
      description: "Until when the secret before still works.",
      priority: 1,
    },
  ],
  selectableFields: [".spec.workspace", ".spec.project", ".spec.environment"],
};
