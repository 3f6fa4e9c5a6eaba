import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type HeaderSource, readCredential } from "./credential.ts";

const missing = { found: false, code: "CREDENTIAL_MISSING" };
const ambiguous = { found: false, code: "CREDENTIAL_AMBIGUOUS" };
const bearer = (secret: string) => ({ found: true, secret, header: "authorization" });
const apiKey = (secret: string) => ({ found: true, secret, header: "x-api-key" });

describe("readCredential", () => {
  const table: readonly (readonly [name: string, headers: HeaderSource, expected: object])[] = [
    ["nothing", {}, missing],
    ["a bearer", { authorization: "Bearer a" }, bearer("a")],
    ["the scheme in any case, more space", { authorization: "bEARER   a " }, bearer("a")],
    ["the names in any case", { AUTHORIZATION: "Bearer a" }, bearer("a")],
    ["an API key header", { "x-api-key": " a " }, apiKey("a")],
    ["both, the same", { authorization: "Bearer a", "x-api-key": "a" }, bearer("a")],
    ["both, different", { authorization: "Bearer a", "x-api-key": "b" }, ambiguous],
    ["a bearer without a token", { authorization: "Bearer " }, missing],
    ["an empty API key header", { "x-api-key": "" }, missing],
    ["a bearer without a token beside an API key", { authorization: "Bearer", "x-api-key": "a" }, apiKey("a")],
    ["another scheme", { authorization: "Basic YTpi" }, missing],
    [
      "another scheme with commas beside an API key",
      { authorization: 'Digest a="b", c="d"', "x-api-key": "a" },
      apiKey("a"),
    ],
    ["a word that only begins like the scheme", { authorization: "Bearerish a" }, missing],
    ["two bearers", { authorization: ["Bearer a", "Bearer a"] }, ambiguous],
    ["two bearers in one value", { authorization: "Bearer a, Bearer b" }, ambiguous],
    ["a bearer behind another scheme", { authorization: "Basic YTpi,bearer a" }, ambiguous],
    ["two API keys", { "x-api-key": ["a", "b"] }, ambiguous],
    ["two API keys in one value", { "x-api-key": "a, a" }, ambiguous],
    ["two API keys beside a bearer", { authorization: "Bearer a", "x-api-key": ["a", "a"] }, ambiguous],
    ["two names that differ in case", { Authorization: "Bearer a", authorization: "Bearer b" }, ambiguous],
    ["Fetch headers", new Headers({ Authorization: "bearer a" }), bearer("a")],
    [
      "Fetch headers that came twice",
      new Headers([
        ["X-API-Key", "a"],
        ["X-API-Key", "b"],
      ]),
      ambiguous,
    ],
  ];
  test.each(table)("%s", (_name, headers, expected) => {
    expect(readCredential(headers)).toEqual(expected);
  });

  test("never throws, and takes nothing for a secret that did not stand in one of the two headers", () => {
    const value = fc.oneof(fc.string(), fc.constantFrom("Bearer x", "bearer x,y", "Basic z"), fc.array(fc.string()));
    const headers = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("authorization", "X-Api-Key")), value);
    fc.assert(
      fc.property(headers, (given) => {
        const credential = readCredential(given);
        if (!credential.found) return;
        const held = Object.entries(given).filter(([name]) => name.toLowerCase() === credential.header);
        expect(held).toHaveLength(1);
        expect(String(held[0]?.[1])).toContain(credential.secret);
        expect(credential.secret).not.toBe("");
      }),
    );
  });
});
