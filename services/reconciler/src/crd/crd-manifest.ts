import { stringify } from "yaml";
import type { z } from "zod";

import { structuralSchema } from "./structural-schema.ts";

interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly description: string;
  /** 1 is shown with `-o wide` only. */
  readonly priority?: 1;
}

export interface CustomResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  /** Describes `spec` and `status`; its own description is that of the kind. */
  readonly schema: z.ZodType;
  readonly hasStatus: boolean;
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields: readonly string[];
}

/** The CustomResourceDefinition as an object. */
const crdManifest = (resource: CustomResource): object => {
  const { group, version, kind, plural, singular, shortNames, categories, scope } = resource;
  const { columns, selectableFields, hasStatus } = resource;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "app.kubernetes.io/part-of": "itsy-keys" } },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(hasStatus ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns,
          selectableFields: selectableFields.map((jsonPath) => ({ jsonPath })),
          schema: { openAPIV3Schema: structuralSchema(resource.schema) },
        },
      ],
    },
  };
};

/** The text of `deploy/crds/<group>_<plural>.yaml`. */
export const crdYaml = (resource: CustomResource): string =>
  `# Generated from services/reconciler/src by "pnpm --filter @itsy/reconciler generate:crds". Do not edit.\n${stringify(
    crdManifest(resource),
    { lineWidth: 0, aliasDuplicateObjects: false },
  )}`;

export const crdFileName = ({ group, plural }: CustomResource): string => `${group}_${plural}.yaml`;
