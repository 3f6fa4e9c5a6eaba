import { z } from "zod";

/** One node of a structural schema (apiextensions.k8s.io/v1), as far as it is rewritten here. */
interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly [key: string]: unknown;
}

const mapValues = (
  nodes: Readonly<Record<string, SchemaNode>>,
  to: (node: SchemaNode) => SchemaNode,
): Record<string, SchemaNode> => Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, to(node)]));

const structural = (node: SchemaNode): SchemaNode => {
  const { properties, items, additionalProperties, ...rest } = node;
  return {
    // What a person reads first in the generated file.
    ...(rest.type === undefined ? {} : { type: rest.type }),
    ...(rest["description"] === undefined ? {} : { description: rest["description"] }),
    ...rest,
    ...(properties === undefined ? {} : { properties: mapValues(properties, structural) }),
    ...(items === undefined ? {} : { items: structural(items) }),
    // Beside `properties` a structural schema takes no `additionalProperties`: unknown fields are pruned.
    ...(properties === undefined && typeof additionalProperties === "object"
      ? { additionalProperties: structural(additionalProperties) }
      : {}),
  };
};

/**
 * The schema of a custom resource from a zod schema: descriptions, defaults, bounds and CEL rules (see `validations`)
 * come with it. Throws on what a zod schema can say and a structural schema cannot.
 */
export const structuralSchema = (schema: z.ZodType): SchemaNode =>
  structural(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" }) as SchemaNode);
