import { createServer } from "node:net";

import { generateToken } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { type Reply, startKeyService, valid } from "./key-service.ts";
import { once, secret, verifierOf } from "./verified.ts";

const badGateway: Reply = { raw: "<html>502 Bad Gateway</html>", status: 502 };

describe("when the service is down", () => {
  test("nobody listens", async () => {
    const gone = await startKeyService();
    await gone[Symbol.asyncDispose]();
    const answer = await verifierOf(gone).verify({ secret });
    expect(answer).toMatchObject({ outcome: "unavailable", reason: "TRANSPORT", retryAfterMs: 1000 });
    expect(String(Object(answer).cause)).not.toContain(secret);
  });

  test.each<Reply>(["reset", { cutOff: JSON.stringify(valid()).slice(0, -1) }, { cutOff: JSON.stringify(valid()) }])(
    "a broken connection: %o",
    async (reply) => {
      await using service = await startKeyService(reply);
      const answer = await verifierOf(service, once).verify({ secret });
      expect(answer).toMatchObject({ outcome: "unavailable", reason: "TRANSPORT" });
    },
  );

  test("it accepts the connection and says nothing", async () => {
    await using service = await startKeyService("hang");
    const beganMs = performance.now();
    const answer = await verifierOf(service, { timeoutMs: 200 }).verify({ secret });
    expect(answer).toMatchObject({ outcome: "unavailable", reason: "TIMEOUT" });
    expect(performance.now() - beganMs).toBeLessThan(1000);
    expect(service.asked).toHaveLength(2);
  });

  test("headers come, the body never does", async () => {
    const held = createServer((socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
    });
    await new Promise<void>((resolve) => held.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(held.address() as { port: number }).port}`;
      const answer = await verifierOf({ url, token: generateToken() }, { ...once, timeoutMs: 100 }).verify({ secret });
      expect(answer).toMatchObject({ outcome: "unavailable", reason: "TIMEOUT" });
    } finally {
      held.close();
    }
  });

  test("even a fetch that does not listen to its signal ends in time", async () => {
    const verifier = verifierOf(
      { url: "http://127.0.0.1:1", token: generateToken() },
      { ...once, timeoutMs: 50, fetch: () => new Promise<Response>(() => {}) },
    );
    expect(await verifier.verify({ secret })).toMatchObject({ outcome: "unavailable", reason: "TIMEOUT" });
  });

  test("a failure is tried once more, and says how long to wait when that fails too", async () => {
    const draining: Reply = { error: "UNAVAILABLE", headers: { "Retry-After": "7" } };
    await using service = await startKeyService();
    service.answer(() => (service.asked.length === 0 ? draining : { say: valid() }));
    const verifier = verifierOf(service);
    expect(await verifier.verify({ secret })).toMatchObject({ outcome: "accepted" });
    service.answer(draining);
    expect(await verifier.verify({ secret })).toEqual({
      outcome: "unavailable",
      reason: "SERVER_ERROR",
      retryAfterMs: 7000,
      requestId: "req-1",
    });
    expect(service.asked).toHaveLength(4);
  });

  test("no further attempt begins when the whole time is over", async () => {
    await using service = await startKeyService("hang");
    const options = { timeoutMs: 150, attemptTimeoutMs: 150, retry: { attemptsMax: 5, delayMs: 0 } };
    expect(await verifierOf(service, options).verify({ secret })).toMatchObject({ reason: "TIMEOUT" });
    expect(service.asked).toHaveLength(1);
  });

  test("all calls share one budget: when everything fails, retries stay a share of the load", async () => {
    await using service = await startKeyService(badGateway);
    const verifier = verifierOf(service, {
      retry: { attemptsMax: 5, delayMs: 0, share: 0.1, floorPerMinute: 2 },
      breaker: { failureShare: 0.99, windowAttempts: 10_000, attemptsMin: 10_000 },
      monotonicMs: () => 0,
    });
    for (let wave = 0; wave < 5; wave++) {
      await Promise.all(Array.from({ length: 20 }, () => verifier.verify({ secret })));
    }
    const retries = service.asked.length - 100;
    expect(retries).toBeGreaterThan(2);
    expect(retries).toBeLessThanOrEqual(0.1 * 100 + 2);
  });
});

describe("the circuit breaker", () => {
  const breaker = { windowAttempts: 10, attemptsMin: 5, failureShare: 0.5, halfOpenAfterMs: 10_000 };

  test("stops asking when most attempts fail, and recovers by one probe", async () => {
    const clock = { nowMs: 0 };
    await using service = await startKeyService(badGateway);
    const verifier = verifierOf(service, { ...once, breaker, monotonicMs: () => clock.nowMs });
    for (let call = 0; call < 5; call++) {
      expect(await verifier.verify({ secret })).toMatchObject({ reason: "SERVER_ERROR" });
    }
    clock.nowMs = 4000;
    expect(await verifier.verify({ secret })).toEqual({
      outcome: "unavailable",
      reason: "CIRCUIT_OPEN",
      retryAfterMs: 6000,
    });
    expect(service.asked).toHaveLength(5);

    clock.nowMs = 10_000;
    const many = Array.from({ length: 10 }, () => verifier.verify({ secret }));
    expect((await Promise.all(many)).map((it) => it.outcome)).toEqual(Array(10).fill("unavailable"));
    expect(service.asked).toHaveLength(6);

    service.answer({ say: valid() });
    clock.nowMs = 20_000;
    expect(await verifier.verify({ secret })).toMatchObject({ outcome: "accepted" });
    expect(await verifier.verify({ secret })).toMatchObject({ outcome: "accepted" });
  });

  test.each<Reply>([
    { say: { valid: false, code: "REVOKED" } },
    { say: { valid: false, code: "RATE_LIMITED", retryAfterMs: 1 } },
    { error: "UNAUTHENTICATED" },
    { raw: "<html>please sign in</html>" },
  ])("never opens on %o: the service is there", async (reply) => {
    await using service = await startKeyService(reply);
    const verifier = verifierOf(service, { breaker });
    for (let call = 0; call < 50; call++) await verifier.verify({ secret });
    expect(service.asked).toHaveLength(50);
  });

  test("a caller that gives up neither opens nor closes it", async () => {
    const clock = { nowMs: 0 };
    await using service = await startKeyService("hang");
    const verifier = verifierOf(service, { ...once, breaker, timeoutMs: 300, monotonicMs: () => clock.nowMs });
    const giveUp = async () => {
      const controller = new AbortController();
      const call = verifier.verify({ secret }, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error("left")), 10);
      await expect(call).rejects.toThrow("left");
    };
    for (let call = 0; call < 10; call++) await giveUp();
    expect(service.asked).toHaveLength(10);

    service.answer(badGateway);
    for (let call = 0; call < 5; call++) await verifier.verify({ secret });
    clock.nowMs = 10_000;
    service.answer("hang");
    await giveUp();
    // The probe goes on without its caller, and fails by its own timeout.
    await expect
      .poll(async () => Object(await verifier.verify({ secret })).retryAfterMs, { interval: 20 })
      .toBe(10_000);
    expect(service.asked).toHaveLength(16);
  });
});
