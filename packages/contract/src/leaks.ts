import { z } from "zod";

/**
 * What becomes of a key whose secret was found in public, by the rule of its workspace. All of them mark the secret
 * (`leakedAt`) and write an entry of the audit.
 */
export const LeakPolicy = z.enum(["notify", "pause", "revoke"]);
export type LeakPolicy = z.infer<typeof LeakPolicy>;

export const LEAKS_MAX = 1000;

/** What a scanner sends to `POST /v1/leaks`. */
export const LeakReport = z.strictObject({
  leaks: z
    .array(
      z.strictObject({
        /** What was found. Anything that is no secret of ours is a false positive, not an error. */
        secret: z.string().min(1).max(256),
        /** Where: a URL, or one line of text. Goes into the audit without credentials, query and secrets. */
        location: z.string().max(1000).optional(),
      }),
    )
    .min(1)
    .max(LEAKS_MAX),
});
export type LeakReport = z.infer<typeof LeakReport>;

/**
 * One result for each leak, in that order. `true_positive`: it is or was a secret of a key, or a management token.
 * Neither whose it is nor what became of it is told.
 */
export const LeakReportResult = z.object({
  results: z.array(z.object({ label: z.enum(["true_positive", "false_positive"]) })),
});
export type LeakReportResult = z.infer<typeof LeakReportResult>;
