import type { Projects } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const projectsRouter = (projects: Projects) =>
  routerOf("projects", {
    create: projects.create,
    list: projects.list,
    update: projects.update,
    delete: projects.delete,
  });
