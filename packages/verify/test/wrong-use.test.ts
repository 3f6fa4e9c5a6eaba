import { generateToken } from "@itsy/key-format";
import { createVerifier, type VerifierOptions } from "@itsy/verify";
import { describe, expect, test } from "vitest";

import { startKeyService } from "./key-service.ts";
import { secret, verifierOf } from "./verified.ts";

describe("wrong use throws", () => {
  const token = generateToken();
  const url = "http://keys.example.com";
  test.each<Partial<VerifierOptions>>([
    { url: "" },
    { url: "keys.example.com" },
    { url: "ftp://keys.example.com" },
    { url: "https://user:hunter2@keys.example.com" },
    { token: "" },
    { token: "itsy_mt_wrong" },
    { token: `${token}\n` },
    { brand: "acme" },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { timeoutMs: 100, attemptTimeoutMs: 101 },
    { retry: { attemptsMax: 0 } },
    { retry: { share: 2 } },
    { breaker: { failureShare: 1 } },
    { breaker: { windowAttempts: 5, attemptsMin: 6 } },
  ])("settings: %o", (wrong) => {
    let thrown: unknown;
    try {
      createVerifier({ url, token, ...wrong });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: "VerifierError", code: "OPTIONS_INVALID" });
    expect(String(thrown)).not.toMatch(new RegExp(`hunter2|${token}|wrong`));
  });

  test("a requirement that does not fit the contract is neither a bad key nor an outage", async () => {
    const verifier = createVerifier({ url, token });
    const call = verifier.verify({ secret, project: "../admin" });
    await expect(call).rejects.toMatchObject({ code: "INPUT_INVALID" });
    await expect(call).rejects.not.toThrow(/admin|itsy_production/);
  });

  test("a signal that fired already costs no call", async () => {
    await using service = await startKeyService();
    const call = verifierOf(service).verify({ secret }, { signal: AbortSignal.abort(new Error("left")) });
    await expect(call).rejects.toThrow("left");
    expect(service.asked).toHaveLength(0);
  });
});
