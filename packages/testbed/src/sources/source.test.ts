import { expect, test } from "vitest";
import { silent } from "../log.ts";
import { TestbedUnavailableError } from "../unavailable.ts";
import { bothSources, type Finding, firstOf, type Source } from "./source.ts";

const ready: Finding = { state: "ready", detail: "here" };
const absent: Finding = { state: "unavailable", reason: "not set" };

const aSource = (name: string, over: Partial<Source<string>> = {}): Source<string> => ({
  name,
  howTo: `do what ${name} needs`,
  inspect: async () => ready,
  obtain: async () => `value of ${name}`,
  ...over,
});

const failing = (message: string) => async (): Promise<never> => {
  throw new Error(message);
};

test("the first source that delivers wins, and later ones are not even looked at", async () => {
  const sources = [
    aSource("a", { inspect: async () => absent }),
    aSource("b"),
    aSource("c", { inspect: failing("must not be asked") }),
  ];
  expect(await firstOf("thing", sources, silent)).toEqual({ source: "b", value: "value of b" });
});

test("a source that breaks while it delivers makes way for the next one, and says so", async () => {
  const lines: string[] = [];
  const sources = [aSource("a", { obtain: failing("network is down") }), aSource("b")];
  expect(await firstOf("thing", sources, (line) => lines.push(line))).toMatchObject({ source: "b" });
  expect(lines).toEqual(["a did not work: network is down"]);
});

test("a source that was named explicitly is final: its failure is not covered up by another one", async () => {
  const sources = [aSource("MYSQL_URL", { asked: true, obtain: failing("connection refused") }), aSource("container")];
  const outcome = firstOf("MySQL server", sources, silent);
  await expect(outcome).rejects.toBeInstanceOf(TestbedUnavailableError);
  await expect(outcome).rejects.toThrow(/MYSQL_URL: connection refused/);
});

test("with no source left, the error names every choice, why it failed and what to do", async () => {
  const sources = [aSource("a", { inspect: async () => absent }), aSource("b", { obtain: failing("disk full") })];
  const outcome = firstOf("thing", sources, silent);
  await expect(outcome).rejects.toMatchObject({ code: "TESTBED_UNAVAILABLE" });
  await expect(outcome).rejects.toThrow(
    [
      "no thing on this machine; tried in this order:",
      "  - a: not set",
      "    to use it: do what a needs",
      "  - b: disk full",
      "    to use it: do what b needs",
    ].join("\n"),
  );
});

test("what needs two things is there when both are, and says of each what it costs or why it cannot be had", async () => {
  const costs = (cost: string) => aSource(cost, { inspect: async () => ({ state: "obtainable", cost }) });
  const found = (...both: readonly [Source<string>, Source<string>]) => bothSources(both, String).inspect();
  expect(await found(aSource("a"), aSource("b"))).toEqual({ state: "ready", detail: "here, here" });
  expect(await found(aSource("a"), costs("a minute"))).toEqual({ state: "obtainable", cost: "a minute" });
  expect(await found(costs("a minute"), costs("a gigabyte"))).toMatchObject({ cost: "a minute; a gigabyte" });
  expect(await found(costs("a minute"), aSource("b", { inspect: async () => absent }))).toEqual(absent);
  const both = bothSources([aSource("a"), aSource("b")], (values) => values.join(" and "));
  expect(await both.obtain(silent)).toBe("value of a and value of b");
});
