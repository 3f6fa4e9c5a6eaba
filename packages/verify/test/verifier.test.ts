import { generateToken } from "@itsy/key-format";
import { createVerifier } from "@itsy/verify";
import { describe, expect, test } from "vitest";

import { type Reply, startKeyService, valid } from "./key-service.ts";
import { watchUnhandled } from "./unhandled.ts";
import { secret, verifierOf } from "./verified.ts";

describe("what the service says", () => {
  test("a good key is accepted, with whose it is and what is left of its limit", async () => {
    await using service = await startKeyService();
    const answer = await verifierOf(service).verify({ secret, environment: "production", project: "default" });
    expect(answer).toEqual({
      outcome: "accepted",
      key: {
        keyId: "key_01jd0000000000000000000000",
        workspace: "acme",
        project: "default",
        environment: "production",
        name: "Website Integration",
        owner: null,
        metadata: {},
        permissions: [],
      },
      rateLimit: { limit: 60, remaining: 59, resetMs: 1000 },
    });
    expect(service.asked.map(({ input }) => input)).toEqual([
      { secret, environment: "production", project: "default" },
    ]);
  });

  test.each(["NOT_FOUND", "REVOKED", "PAUSED", "EXPIRED", "FORBIDDEN", "INSUFFICIENT_PERMISSIONS"])(
    "%s is a refusal",
    async (code) => {
      await using service = await startKeyService({ say: { valid: false, code } });
      expect(await verifierOf(service).verify({ secret })).toEqual({ outcome: "refused", code });
    },
  );

  test("what a key must be allowed to do, from where it comes and what it costs are asked", async () => {
    await using service = await startKeyService({ say: valid({ permissions: ["files:*"] }) });
    const asked = { permissions: ["files:read", "files:write"], ip: "2001:db8::1", cost: 5 };
    const answer = await verifierOf(service).verify({ secret, ...asked });
    expect(answer).toMatchObject({ outcome: "accepted", key: { permissions: ["files:*"] } });
    expect(service.asked.map(({ input }) => input)).toEqual([{ secret, ...asked }]);
  });

  test("what no service takes is not asked", async () => {
    await using service = await startKeyService();
    const wrong = [{ permissions: ["files:*"] }, { ip: "fe80::1%eth0" }, { ip: "" }, { cost: 0 }, { cost: 1.5 }];
    for (const asked of wrong) {
      await expect(verifierOf(service).verify({ secret, ...asked })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
    expect(service.asked).toHaveLength(0);
  });

  test("RATE_LIMITED says when to come back", async () => {
    await using service = await startKeyService({ say: { valid: false, code: "RATE_LIMITED", retryAfterMs: 1234 } });
    expect(await verifierOf(service).verify({ secret })).toEqual({
      outcome: "refused",
      code: "RATE_LIMITED",
      retryAfterMs: 1234,
    });
  });

  test("a refusal for a reason that a later service invents is still a refusal", async () => {
    await using service = await startKeyService({ say: { valid: false, code: "MOON_PHASE", retryAfterMs: "soon" } });
    expect(await verifierOf(service).verify({ secret })).toEqual({ outcome: "refused", code: "UNRECOGNISED" });
  });

  test("what a later service adds to a good answer does no harm", async () => {
    await using service = await startKeyService({ say: { ...valid(), owner: "ada", metadata: { plan: "pro" } } });
    expect(await verifierOf(service).verify({ secret })).toMatchObject({ outcome: "accepted" });
  });

  test("junk is refused without a call", async () => {
    await using service = await startKeyService();
    const verifier = verifierOf(service);
    const typo = secret.slice(0, -1) + (secret.endsWith("0") ? "1" : "0");
    for (const junk of ["", "x", typo, `${secret} `, generateToken(), "x".repeat(100_000), undefined as never]) {
      expect(await verifier.verify({ secret: junk })).toEqual({ outcome: "refused", code: "NOT_FOUND" });
    }
    expect(service.asked).toHaveLength(0);
  });
});

describe("what cannot be believed is unavailable", () => {
  const junk: readonly (readonly [name: string, reply: Reply])[] = [
    ["a proxy's page", { raw: "<html>please sign in</html>" }],
    ["truncated JSON", { raw: '{"valid":true,"keyId":"key_01jd' }],
    ["nothing", { raw: "" }],
    ["another shape", { say: { ok: true } }],
    ["a list", { raw: "[]" }],
    ["null", { raw: "null" }],
    ["valid, but nothing else", { say: { valid: true } }],
    ["valid as a word", { say: { ...valid(), valid: "true" } }],
    ["a key of another environment than the secret's", { say: valid({ environment: "local" }) }],
    ["a key of another project than required", { say: valid({ project: "other" }) }],
    ["a key without the permission that is required", { say: valid({ permissions: ["files:write"] }) }],
    ["megabytes", { raw: JSON.stringify({ ...valid(), padding: "x".repeat(5_000_000) }) }],
    ["a redirect", { raw: "", status: 307, headers: { Location: "/v1/verify" } }],
    ["another server's 404", { raw: "not found", status: 404 }],
    ["another server's 403", { raw: "blocked by the firewall", status: 403 }],
    ["a status that promises success", { raw: JSON.stringify(valid()), status: 201 }],
  ];
  test.each(junk)("%s", async (_name, reply) => {
    await using service = await startKeyService(reply);
    const answer = await verifierOf(service).verify({ secret, project: "default", permissions: ["files:read"] });
    expect(answer).toMatchObject({ outcome: "unavailable", reason: "UNEXPECTED_ANSWER" });
    // Asking again would bring the same.
    expect(service.asked).toHaveLength(1);
  });

  test("a secret does not follow a redirect", async () => {
    await using elsewhere = await startKeyService();
    await using service = await startKeyService({
      raw: "",
      status: 308,
      headers: { Location: `${elsewhere.url}/v1/verify` },
    });
    await verifierOf(service).verify({ secret });
    expect(elsewhere.arrivals()).toBe(0);
  });

  test("a token that the service does not take", async () => {
    await using service = await startKeyService();
    expect(await verifierOf({ url: service.url, token: generateToken() }).verify({ secret })).toMatchObject({
      outcome: "unavailable",
      reason: "TOKEN_REFUSED",
      requestId: "req-1",
    });
  });

  test("a token that cannot be read, or is none, is never sent", async () => {
    await using service = await startKeyService();
    const options = { url: service.url };
    for (const token of [() => Promise.reject(new Error("vault is sealed")), () => `${service.token}\r\nX: y`]) {
      expect(await createVerifier({ ...options, token }).verify({ secret })).toMatchObject({ reason: "TOKEN_REFUSED" });
    }
    expect(service.asked).toHaveLength(0);
  });

  test("a token that is rotated is read anew", async () => {
    await using service = await startKeyService();
    let token = generateToken();
    const verifier = createVerifier({ url: service.url, token: async () => token });
    expect(await verifier.verify({ secret })).toMatchObject({ reason: "TOKEN_REFUSED" });
    token = service.token;
    expect(await verifier.verify({ secret })).toMatchObject({ outcome: "accepted" });
  });
});

test("whoever watches sees every answer and changes none", async () => {
  await using service = await startKeyService();
  const seen: unknown[] = [];
  const verifier = verifierOf(service, {
    onAnswer: (answer, { attempts }) => {
      seen.push([answer.outcome, attempts]);
      throw new Error("the watcher is broken");
    },
  });
  expect(await verifier.verify({ secret })).toMatchObject({ outcome: "accepted" });
  await verifier.verify({ secret: "junk" });
  expect(seen).toEqual([
    ["accepted", 1],
    ["refused", 0],
  ]);
});

test("a watcher that fails later changes nothing either", async () => {
  await using service = await startKeyService();
  using unhandled = watchUnhandled();
  const onAnswer = () => Promise.reject(new Error("the metrics are down"));
  expect(await verifierOf(service, { onAnswer }).verify({ secret })).toMatchObject({ outcome: "accepted" });
  expect(await unhandled.reasons()).toEqual([]);
});

test("a slash at the end of the address, a path before the door", async () => {
  await using service = await startKeyService();
  expect(await verifierOf({ ...service, url: `${service.url}//` }).verify({ secret })).toMatchObject({
    outcome: "accepted",
  });
  const answer = await verifierOf({ ...service, url: `${service.url}/keys` }).verify({ secret });
  expect(answer).toMatchObject({ reason: "UNEXPECTED_ANSWER" });
});
