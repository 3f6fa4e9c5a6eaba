import { Environment, IP_RULES_MAX, PERMISSIONS_MAX, Permission, REQUESTS_PER_MINUTE_DEFAULT } from "@itsy/contract";
import { z } from "zod";

import { immutable, validations } from "../../crd/validation.ts";
import { Label } from "../../dns-names.ts";
import { Rotation } from "./rotation.ts";
import { TargetSpec } from "./target.ts";
import { Propagate, RestartTargets } from "./workloads.ts";

/** One line without space at its ends. The same for RE2 (the API server) and for JavaScript. */
const DisplayName = z
  .string()
  .min(1)
  .max(100)
  // oxlint-disable-next-line no-control-regex -- refusing control characters is the point
  .regex(/^[^\s\p{Z}\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\p{Z}\x00-\x1f\x7f])?$/u);

const RateLimit = z.object({
  requestsPerMinute: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(REQUESTS_PER_MINUTE_DEFAULT)
    .meta({ format: "int32" })
    .describe("Requests accepted in any 60 seconds, 1 to 1000000."),
});

const Permissions = z
  .array(Permission)
  .max(PERMISSIONS_MAX)
  .default([])
  .meta({ "x-kubernetes-list-type": "set" })
  .describe(
    "What the key may do, in the words of whoever is called with it: files:read, files:* (all that begin with it) or *. Default: nothing for which a permission is required.",
  );

/** The API server knows CIDRs itself; what it takes the service takes too, which wants no dots in IPv6. */
const IpRules = z
  .array(z.string().max(43))
  .max(IP_RULES_MAX)
  .default([])
  .meta({
    "x-kubernetes-list-type": "set",
    ...validations({
      rule: "self.all(rule, isCIDR(rule) && cidr(rule) == cidr(rule).masked() && !(rule.contains(':') && rule.contains('.')))",
      message:
        "every IP rule must be a network in CIDR notation without bits behind its prefix: 203.0.113.0/24, 2001:db8::/32, or 203.0.113.7/32 for one address",
    }),
  })
  .describe("Networks (CIDR) from which the key may be used. Default: from everywhere.");

/** What a person writes. */
export const ApiKeySpec = z.object({
  workspace: Label.meta(validations(immutable("workspace"))).describe(
    "Slug of the workspace that owns the key. A WorkspaceGrant must give it to this namespace. Cannot be changed.",
  ),
  project: Label.default("default")
    .meta(validations(immutable("project")))
    .describe("Slug of the project inside the workspace. Cannot be changed."),
  displayName: DisplayName.describe("Name of the key as people see it: one line, 1 to 100 characters."),
  environment: Environment.meta(validations(immutable("environment"))).describe(
    "Where the key is used: production, preview or local. Part of the secret. Cannot be changed.",
  ),
  rateLimit: RateLimit.prefault({}).describe("How often the key may be used."),
  expiresAt: z
    .string()
    .meta({ format: "date-time" })
    .describe(
      "When the key stops working (RFC 3339), for example 2027-06-01T00:00:00Z; with rotation.every, see rotation.atExpiry. Default: never.",
    )
    .optional(),
  paused: z.boolean().default(false).describe("Refuses the key while true, without ending it."),
  permissions: Permissions,
  ipRules: IpRules,
  rotation: Rotation.prefault({}),
  secret: TargetSpec.prefault({}).describe("The Secret that the reconciler writes and workloads read."),
  propagate: Propagate.optional(),
  restartTargets: RestartTargets.optional(),
  deletionPolicy: z
    .enum(["Revoke", "Retain"])
    .default("Revoke")
    .describe(
      "What becomes of the key when this ApiKey is deleted. Revoke: it never works again. Retain: it goes on working for whoever holds the secret, and people manage it from then on. The Secret goes in both cases.",
    ),
});
export type ApiKeySpec = z.output<typeof ApiKeySpec>;
