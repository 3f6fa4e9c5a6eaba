import type { EntitySchemaOptions } from "typeorm";

type ForeignKey = NonNullable<EntitySchemaOptions<object>["foreignKeys"]>[number];

/** A foreign key to the `id` of another table. Nothing is deleted or changed along with it. */
export const references = (name: string, property: string, target: string): ForeignKey => ({
  name,
  target,
  columnNames: [property],
  referencedColumnNames: ["id"],
  onDelete: "RESTRICT",
  onUpdate: "RESTRICT",
});
