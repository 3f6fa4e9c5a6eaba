import { z } from "zod";

const Time = z.string().meta({ format: "date-time" });

const Condition = z.object({
  type: z.string().max(316).describe("Ready, Reconciling, Stalled or Warning."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether the condition holds."),
  reason: z.string().min(1).max(128).describe("Why, as one word for machines."),
  message: z.string().max(4096).describe("Why, for people."),
  observedGeneration: z
    .int()
    .min(0)
    .meta({ format: "int64", maximum: undefined })
    .describe("The metadata.generation that this says something about."),
  lastTransitionTime: Time.describe("When the status of the condition last changed."),
});
export type ApiKeyCondition = z.output<typeof Condition>;

/** What the reconciler reports. Never holds a secret or a digest. */
export const ApiKeyStatus = z.object({
  observedGeneration: z
    .int()
    .min(-1)
    .meta({ format: "int64", maximum: undefined })
    .describe("The metadata.generation that the reconciler has acted on; -1 before it has looked at all.")
    .optional(),
  conditions: z
    .array(Condition)
    .max(16)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
    .describe(
      "Ready: the value in the Secret works. Reconciling: the reconciler is on its way there. Stalled: it cannot go on without a person. Warning: the key is delivered, but something about it needs attention.",
    )
    .optional(),
  keyId: z.string().max(64).describe("Id of the key in the service; stays the same over rotations.").optional(),
  displayPrefix: z
    .string()
    .max(64)
    .describe("First characters of the current secret, to recognise it in a list.")
    .optional(),
  revision: z
    .int()
    .min(0)
    .meta({ format: "int32", maximum: undefined })
    .describe("Number of the current secret version; grows by one with every rotation.")
    .optional(),
  binding: z
    .object({ name: z.string().max(253).describe("Name of the Secret.") })
    .describe("The Secret that holds the value (Service Binding specification).")
    .optional(),
  lastRotatedAt: Time.describe("When the current secret version was delivered.").optional(),
  nextRotationAt: Time.describe("When spec.rotation.every asks for the next secret version.").optional(),
  expiresAt: Time.describe(
    "When the key ends, as the service has it. Absent when it does not, also once a secret was renewed for spec.expiresAt.",
  ).optional(),
  retiringUntil: Time.describe("Until when the secret version before still works.").optional(),
  retiring: z
    .object({
      revision: z.int().min(1).meta({ format: "int32", maximum: undefined }).describe("Its number."),
      acceptedRequests: z
        .int()
        .min(0)
        .meta({ format: "int64", maximum: undefined })
        .describe("Requests with it that were accepted since it is on its way out."),
      lastUsedAt: Time.describe("When the last one was accepted; absent when none was.").optional(),
    })
    .describe("The secret version before, where spec.rotation.retireWhenUnused looks at its use.")
    .optional(),
  propagatedRevision: z
    .int()
    .min(0)
    .meta({ format: "int32", maximum: undefined })
    .describe("The last revision for which pods that mount the Secret were touched (spec.propagate: Prompt).")
    .optional(),
  restartedRevision: z
    .int()
    .min(0)
    .meta({ format: "int32", maximum: undefined })
    .describe("The last revision for which spec.restartTargets were restarted.")
    .optional(),
  revocation: z
    .object({
      keyId: z.string().max(64).describe("Id of the key that was revoked."),
      rotateRequest: z
        .string()
        .max(1024)
        .describe("Value of the rotate-requested-at annotation when this was first seen; empty when there was none."),
    })
    .describe("The key was revoked in the service. Only another rotate request than this one makes a new key.")
    .optional(),
  lastHandledRotateRequest: z
    .string()
    .max(1024)
    .describe("Value of the rotate-requested-at annotation that was last acted on.")
    .optional(),
});
export type ApiKeyStatus = z.output<typeof ApiKeyStatus>;
