import { z } from "zod";

/**
 * What becomes of a key whose secret was found in public, by the rule of its workspace. All of them mark the secret
 * (`leakedAt`) and write an entry of the audit.
 */
export const LeakPolicy = z.enum(["notify", "pause", "revoke"]);
export type LeakPolicy = z.infer<typeof LeakPolicy>;
