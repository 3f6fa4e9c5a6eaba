import { generateSecret } from "@itsy/key-format";
import { createVerifier, type VerifierAnswer } from "@itsy/verify";
import fc from "fast-check";
import { expect, test } from "vitest";

import { type Asked, type Reply, startKeyService, valid } from "./key-service.ts";

const text = JSON.stringify(valid());
const replies: readonly Reply[] = [
  { say: valid() },
  { say: valid() },
  { say: valid({ environment: "preview" }) },
  { say: { ...valid(), valid: false, code: "REVOKED" } },
  { say: { valid: false, code: "RATE_LIMITED", retryAfterMs: 5 } },
  { say: { ...valid(), keyId: 7 } },
  { error: "UNAVAILABLE" },
  { error: "UNAUTHENTICATED" },
  { raw: text, status: 500 },
  { raw: text, status: 404 },
  { raw: `${text}\n<!-- injected -->` },
  { raw: text.slice(0, -1) },
  { cutOff: text },
  "reset",
  "hang",
];

const isGood = ({ reply, input }: Asked) =>
  typeof reply === "object" &&
  "say" in reply &&
  reply.say.valid === true &&
  "keyId" in reply.say &&
  typeof reply.say.keyId === "string" &&
  input.secret.startsWith(`itsy_${String(Object(reply.say).environment)}_sk_`);

interface Call {
  /** What the service says to the first, the second, the third attempt. */
  readonly script: readonly Reply[];
  /** Milliseconds by which the verifier's clock moves on before the call. */
  readonly waitMs: number;
  readonly givesUpAfterMs: number | null;
}

test("whatever the service says and however it fails, accepted means that it said valid of that secret", {
  timeout: 120_000,
}, async () => {
  const call: fc.Arbitrary<Call> = fc.record({
    script: fc.array(fc.constantFrom(...replies), { minLength: 3, maxLength: 3 }),
    waitMs: fc.constantFrom(0, 0, 1, 60, 600),
    givesUpAfterMs: fc.option(fc.integer({ min: 0, max: 30 }), { freq: 8 }),
  });
  await using service = await startKeyService();
  const seen = { accepted: 0, refused: 0, unavailable: 0 };

  const property = fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 25 }), async (calls) => {
    let nowMs = 0;
    const from = service.asked.length;
    const scripts = new Map<string, Iterator<Reply>>();
    service.answer(({ secret }) => scripts.get(secret)?.next().value ?? "reset");
    const verifier = createVerifier({
      ...service,
      timeoutMs: 60,
      attemptTimeoutMs: 20,
      retry: { attemptsMax: 3, delayMs: 3, share: 0.5, floorPerMinute: 20 },
      breaker: { windowAttempts: 6, attemptsMin: 3, halfOpenAfterMs: 50 },
      monotonicMs: () => nowMs + performance.now(),
    });
    const run = async ({ script, waitMs, givesUpAfterMs }: Call) => {
      const secret = generateSecret({ environment: "production" });
      scripts.set(secret, script[Symbol.iterator]());
      nowMs += waitMs;
      const signal = givesUpAfterMs === null ? {} : { signal: AbortSignal.timeout(givesUpAfterMs) };
      const answer = await verifier.verify({ secret }, signal).catch(() => null);
      return { secret, answer };
    };
    // In twos: each call runs beside the one before it.
    const results: { secret: string; answer: VerifierAnswer | null }[] = [];
    for (let index = 0; index < calls.length; index += 2) {
      results.push(...(await Promise.all(calls.slice(index, index + 2).map(run))));
    }
    for (const { secret, answer } of results) {
      if (answer === null) continue;
      seen[answer.outcome]++;
      const told = service.asked.slice(from).filter(({ input }) => input.secret === secret);
      if (answer.outcome === "accepted") expect(told.some(isGood)).toBe(true);
      if (answer.outcome === "refused") {
        expect(told.map(({ reply }) => Object(reply).say?.code)).toContain(answer.code);
      }
    }
  });
  await fc.assert(property, { numRuns: 60 });
  // Each was seen; how often depends on how long this machine lets an attempt take.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
});
