import { Environment } from "@itsy/contract";
import { defineResource, type KubeObject } from "@itsy/controller-runtime";
import { z } from "zod";

import type { CustomResource } from "../crd/crd-manifest.ts";
import { validations } from "../crd/validation.ts";
import { Label } from "../dns-names.ts";
import { GROUP, VERSION } from "../group.ts";

const SelectorTerm = z.object({
  key: z.string().min(1).max(317).describe("Key of the label."),
  operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]).describe("How the label is compared."),
  values: z.array(z.string().max(63)).max(64).describe("Values to compare with; only for In and NotIn.").optional(),
});

/** Kubernetes' own label selector. An empty one selects everything. */
export const NamespaceSelector = z.object({
  matchLabels: z
    .record(z.string(), z.string().max(63))
    .meta({ maxProperties: 32 })
    .describe("Labels that the namespace must carry, all of them.")
    .optional(),
  matchExpressions: z.array(SelectorTerm).max(32).describe("Terms that must all hold.").optional(),
});
export type NamespaceSelector = z.output<typeof NamespaceSelector>;

export const WorkspaceGrantSpec = z
  .object({
    workspace: Label.describe("Slug of the workspace that is given."),
    namespaces: z
      .array(Label)
      .min(1)
      .max(256)
      .meta({ "x-kubernetes-list-type": "set" })
      .describe("Names of namespaces that get it.")
      .optional(),
    namespaceSelector: NamespaceSelector.describe(
      "Labels of namespaces that get it, beside those that are named. An empty selector selects every namespace.",
    ).optional(),
    environments: z
      .array(Environment)
      .min(1)
      .max(3)
      .meta({ "x-kubernetes-list-type": "set" })
      .describe("Environments for which keys may be made."),
    maxRequestsPerMinute: z
      .int()
      .min(1)
      .max(1_000_000)
      .meta({ format: "int32" })
      .describe("Highest rate limit that a key may ask for. Default: no limit but the schema's.")
      .optional(),
    maxKeys: z
      .int()
      .min(0)
      .max(1_000_000)
      .meta({ format: "int32" })
      .describe(
        "How many ApiKeys may have a key by this grant, the oldest first. An ApiKey counts for every grant that it fits. 0 gives no new key to anybody. Default: no limit.",
      )
      .optional(),
  })
  .meta(
    validations({
      rule: "has(self.namespaces) || has(self.namespaceSelector)",
      message: "a grant names its namespaces, selects them by their labels, or both",
    }),
  );
export type WorkspaceGrantSpec = z.output<typeof WorkspaceGrantSpec>;

export interface WorkspaceGrant extends KubeObject {
  readonly spec: WorkspaceGrantSpec;
}

export const WorkspaceGrants = defineResource<WorkspaceGrant>({
  apiVersion: `${GROUP}/${VERSION}`,
  kind: "WorkspaceGrant",
  plural: "workspacegrants",
  namespaced: false,
});

export const workspaceGrantResource: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: WorkspaceGrants.kind,
  plural: WorkspaceGrants.plural,
  singular: "workspacegrant",
  shortNames: ["wg"],
  categories: ["itsy"],
  scope: "Cluster",
  schema: z
    .object({ spec: WorkspaceGrantSpec.describe("Who gets what.") })
    .describe(
      "A WorkspaceGrant lets namespaces make keys of a workspace. Without one nobody may. One grant that matches is enough.",
    ),
  hasStatus: false,
  columns: [
    { name: "Workspace", type: "string", jsonPath: ".spec.workspace", description: "The workspace that is given." },
    { name: "Namespaces", type: "string", jsonPath: ".spec.namespaces", description: "Who gets it, by name." },
    { name: "Environments", type: "string", jsonPath: ".spec.environments", description: "For which environments." },
    { name: "Max keys", type: "integer", jsonPath: ".spec.maxKeys", description: "How many keys.", priority: 1 },
    {
      name: "Max rate",
      type: "integer",
      jsonPath: ".spec.maxRequestsPerMinute",
      description: "Highest rate limit.",
      priority: 1,
    },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation." },
  ],
  selectableFields: [".spec.workspace"],
};
