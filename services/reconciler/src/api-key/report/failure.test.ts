import { ItsyError, type ItsyErrorCode } from "@itsy/client";
import { KubeError } from "@itsy/controller-runtime";
import { generateSecret, secretSha256Hex } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { anApiKey } from "../../../test/an-observed.ts";
import { SecretRejectedError } from "../act/write-target.ts";
import { findingOfFailure } from "./failure.ts";

const codes: readonly (readonly [ItsyErrorCode, string, string])[] = [
  ["UNREACHABLE", "ServiceUnreachable", "reconciling"],
  ["UNAVAILABLE", "ServiceUnreachable", "reconciling"],
  ["INTERNAL", "ServiceUnreachable", "reconciling"],
  ["REQUEST_TIMEOUT", "ServiceUnreachable", "reconciling"],
  ["TOO_MANY_REQUESTS", "ServiceUnreachable", "reconciling"],
  ["UNAUTHENTICATED", "TokenRefused", "reconciling"],
  ["FORBIDDEN", "ServiceForbidden", "stalled"],
  ["NOT_FOUND", "ServiceRefused", "stalled"],
  ["CONFLICT", "ServiceRefused", "stalled"],
  ["INVALID_INPUT", "ServiceRefused", "stalled"],
  ["ABOVE_MAXIMUM", "ServiceRefused", "stalled"],
  ["KEY_LIMIT_REACHED", "ServiceRefused", "stalled"],
];

test.each(codes)(
  "%s of the service is %s, %s, and says nothing against the delivered key",
  (code, reason, progress) => {
    expect(findingOfFailure(new ItsyError(code, "m"), anApiKey())).toMatchObject({
      reason,
      progress,
      ready: "unchanged",
    });
  },
);

test("deletion that waits for the service is not ready and says why", () => {
  const finding = findingOfFailure(new ItsyError("UNREACHABLE", "m"), anApiKey({ isDeleted: true }));
  expect(finding).toMatchObject({
    ready: false,
    progress: "reconciling",
    message: expect.stringMatching(/deletion waits/),
  });
});

test("deletion that waits for the right to act for the workspace says how it ends", () => {
  const finding = findingOfFailure(new ItsyError("FORBIDDEN", "m"), anApiKey({ isDeleted: true }));
  expect(finding).toMatchObject({
    reason: "ServiceForbidden",
    progress: "stalled",
    message: expect.stringMatching(/deletion waits.*clusters\.allow.*kubectl -n shop patch apikey website/),
  });
});

describe("the API server", () => {
  const forbidden = (message: string) => new KubeError({ status: 403, reason: "Forbidden", message });
  test("a missing right is named", () => {
    const message = 'secrets "website" is forbidden: User "x" cannot get resource "secrets" in API group ""';
    expect(findingOfFailure(forbidden(message), anApiKey())).toMatchObject({
      reason: "MissingPermission",
      progress: "stalled",
      message: expect.stringContaining(message),
    });
  });
  test("of a right that a command can give, the command is named", () => {
    const message =
      'GET /x: 403 secrets "website" is forbidden: User "jane" cannot get resource "secrets" in API group "" in the namespace "shop"';
    expect(findingOfFailure(forbidden(message), anApiKey())?.message).toMatch(
      /^jane may not get secrets in namespace "shop"\. To grant it: kubectl -n shop create role/,
    );
  });
  test("a namespace that is being deleted takes nothing new: no fault, and nothing to do", () => {
    const causes = [{ reason: "NamespaceTerminating", field: "metadata.namespace" }];
    const error = new KubeError({ status: 403, reason: "Forbidden", message: "being terminated", causes });
    expect(findingOfFailure(error, anApiKey())).toMatchObject({
      reason: "NamespaceTerminating",
      progress: "reconciling",
      ready: "unchanged",
    });
  });
  test("what an admission policy denies is another thing", () => {
    expect(findingOfFailure(forbidden("denied by policy"), anApiKey())).toMatchObject({ reason: "SecretRejected" });
    expect(findingOfFailure(new SecretRejectedError("immutable"), anApiKey())).toMatchObject({
      reason: "SecretRejected",
    });
  });
  test.each([409, 500, 0])("a failure with status %i says nothing about the ApiKey", (status) => {
    expect(findingOfFailure(new KubeError({ status, reason: "Any", message: "m" }), anApiKey())).toBeNull();
  });
});

test("no message passes on a secret or a digest, whoever put it there", () => {
  const secret = generateSecret({ environment: "production" });
  const leaks = [secret, secretSha256Hex(secret), Buffer.from(secret).toString("base64")];
  for (const leak of leaks)
    for (const error of [
      new ItsyError("CONFLICT", `x ${leak} y`),
      new SecretRejectedError(`x ${leak} y`),
      new KubeError({ status: 403, reason: "Forbidden", message: `x ${leak} y` }),
    ])
      expect(JSON.stringify(findingOfFailure(error, anApiKey()))).not.toContain(leak);
});
