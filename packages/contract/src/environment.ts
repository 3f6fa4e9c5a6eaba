import { z } from "zod";

/** Where a key is used. `local` is shown to people as "Local Dev". Never changes in the life of a key. */
export const Environment = z.enum(["production", "preview", "local"]);
export type Environment = z.infer<typeof Environment>;
