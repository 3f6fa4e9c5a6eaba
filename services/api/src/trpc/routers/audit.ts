import type { Audit } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const auditRouter = (audit: Audit) => routerOf("audit", { list: audit.list });
