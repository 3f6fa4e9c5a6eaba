import type { Workspace } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

export const workspaces = (types: ColumnTypes): EntitySchema<Workspace> =>
  new EntitySchema<Workspace>({
    name: "workspaces",
    columns: {
      id: { ...types.id, primary: true },
      slug: types.slug,
      name: types.text(100),
      createdAt: { ...types.instant, name: "created_at" },
    },
    indices: [{ name: "workspaces_slug", columns: ["slug"], unique: true }],
  });
