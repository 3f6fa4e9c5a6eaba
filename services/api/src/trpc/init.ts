import { initTRPC } from "@trpc/server";

import type { Context } from "./context.ts";
import { shapeOf } from "./error-shape.ts";

export const trpc = initTRPC.context<Context>().create({
  isDev: false,
  errorFormatter: ({ error, ctx }) => shapeOf(error, ctx?.requestId),
});
