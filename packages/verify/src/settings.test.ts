import { describe, expect, test } from "vitest";

import { settingsOf, type VerifierOptions } from "./settings.ts";

const settings = (given: Partial<VerifierOptions>) =>
  settingsOf({ url: "https://keys.example.com", token: "itsy_mt_…", ...given });

describe("a default never stands against what is given", () => {
  test("less time than the longest wait", () => {
    expect(settings({ timeoutMs: 40 })).toMatchObject({ attemptTimeoutMs: 20, retry: { delayMs: 40 } });
    expect(settings({ timeoutMs: 1 })).toMatchObject({ attemptTimeoutMs: 1, retry: { delayMs: 1 } });
  });

  test("fewer attempts than must have been made, or more than are looked at", () => {
    expect(settings({ breaker: { windowAttempts: 5 } }).breaker).toMatchObject({ windowAttempts: 5, attemptsMin: 5 });
    expect(settings({ breaker: { attemptsMin: 30 } }).breaker).toMatchObject({ windowAttempts: 30, attemptsMin: 30 });
  });

  test("undefined is not given", () => {
    const defaults = settings({});
    const share = undefined as unknown as number;
    expect(settings({ retry: { share }, breaker: { failureShare: share } })).toEqual(defaults);
    const none = { timeoutMs: share, attemptTimeoutMs: share, retry: undefined, breaker: undefined };
    expect(settings(none as unknown as Partial<VerifierOptions>)).toEqual(defaults);
  });
});

test("what is given and contradicts itself is refused", () => {
  for (const wrong of [
    { timeoutMs: 40, retry: { delayMs: 50 } },
    { breaker: { windowAttempts: 5, attemptsMin: 6 } },
    { timeoutMs: 40, attemptTimeoutMs: 50 },
  ]) {
    expect(() => settings(wrong)).toThrow(expect.objectContaining({ code: "OPTIONS_INVALID" }));
  }
});
