import { z } from "zod";

import { validations } from "../../crd/validation.ts";
import { GROUP } from "../../group.ts";

/** A duration as Go writes it. The digits and the length are bounded so that CEL's `duration()` cannot overflow. */
export const GoDuration = z
  .string()
  .max(20)
  .regex(/^([0-9]{1,6}(\.[0-9]{1,6})?(ms|s|m|h))+$/);

const Every = GoDuration.meta(
  validations({
    rule: "duration(self) >= duration('1m') && duration(self) <= duration('8784h')",
    message: "rotation.every must lie between 1m and 8784h (366 days)",
  }),
);

const Overlap = GoDuration.default("1h").meta(
  validations({
    rule: "duration(self) >= duration('0s') && duration(self) <= duration('168h')",
    message: "rotation.overlap must lie between 0s and 168h (7 days)",
  }),
);

const Idle = GoDuration.meta(
  validations({
    rule: "duration(self) >= duration('1m') && duration(self) <= duration('168h')",
    message: "rotation.retireWhenUnused.idleFor must lie between 1m and 168h (7 days)",
  }),
);

const AtMost = GoDuration.meta(
  validations({
    rule: "duration(self) >= duration('1m') && duration(self) <= duration('168h')",
    message: "rotation.retireWhenUnused.atMost must lie between 1m and 168h (7 days)",
  }),
);

const RetireWhenUnused = z
  .object({
    idleFor: Idle.describe("How long no request with the secret before may have been accepted, such as 15m."),
    atMost: AtMost.describe("How long it works at most, however much it is used, such as 24h."),
  })
  .meta(
    validations({
      rule: "duration(self.idleFor) <= duration(self.atMost)",
      message: "rotation.retireWhenUnused.idleFor may not be longer than atMost",
    }),
  )
  .describe(
    "Keeps the secret before alive while it is still used: for rotation.overlap at least, then until it was not used for idleFor, and for atMost at most. status.retiring counts its requests.",
  );

export const Rotation = z
  .object({
    every: Every.describe(
      "Makes a new secret this long after the one before was delivered, as a duration such as 720h: 1m to 8784h. Each ApiKey does it up to 10 % earlier, by a share of its own that never changes. Default: only on request.",
    ).optional(),
    overlap: Overlap.describe(
      "How long the secret before still works after a new one is delivered, as a duration such as 30m or 24h: 0s to 168h, and shorter than rotation.every. 0s ends it at once. Below 5m, workloads that read a mounted file may be refused for a while: a kubelet needs 60 to 90 s to see a changed Secret.",
    ),
    retireWhenUnused: RetireWhenUnused.optional(),
    atExpiry: z
      .enum(["Renew", "End"])
      .describe(
        "What spec.expiresAt means while rotation.every is set. Renew (default): every secret made until then has ended by then; a new one is delivered before, and lives on. End: the key ends there, whatever was rotated.",
      )
      .optional(),
  })
  .meta(
    validations(
      {
        rule: "!has(self.every) || duration(self.overlap) < duration(self.every)",
        message: "rotation.overlap must be shorter than rotation.every",
      },
      {
        rule: "!has(self.retireWhenUnused) || duration(self.overlap) <= duration(self.retireWhenUnused.atMost)",
        message: "rotation.overlap may not be longer than rotation.retireWhenUnused.atMost",
      },
      {
        rule: "!has(self.every) || !has(self.retireWhenUnused) || duration(self.retireWhenUnused.atMost) < duration(self.every)",
        message: "rotation.retireWhenUnused.atMost must be shorter than rotation.every",
      },
    ),
  )
  .describe(
    `How secrets follow each other. To rotate now: kubectl annotate apikey NAME ${GROUP}/rotate-requested-at=$(date -Is) --overwrite`,
  );
