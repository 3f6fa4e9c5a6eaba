import { expect, test } from "vitest";

import { anApiKey, anObserved, aTarget } from "../../../test/an-observed.ts";
import { annotations } from "../names.ts";
import { formerNames, namesToForget, unreadNames } from "./names.ts";

const withNames = (names: string, change: Parameters<typeof anApiKey>[0] = {}) => {
  const apiKey = anApiKey({ spec: { secret: { name: "n5" } }, ...change });
  const marks = { ...apiKey.metadata.annotations, [annotations.secretNames]: names };
  return { ...apiKey, metadata: { ...apiKey.metadata, annotations: marks } };
};
const renamed = (names: string, change: Parameters<typeof anObserved>[0] = {}) =>
  anObserved({ apiKey: withNames(names), target: aTarget({ name: "n5" }), ...change });

test("one look reads the four names that were declared last", () => {
  expect(formerNames(renamed("n0 n1 n2 n3 n4 n5"))).toEqual(["n4", "n3", "n2", "n1"]);
  expect(unreadNames(renamed("n0 n1 n2 n3 n4 n5"))).toEqual(["n0"]);
});

test("where the value was reported last is read first", () => {
  const status = { binding: { name: "n0" } };
  const apiKey = withNames("n0 n1 n2 n3 n4 n5", { spec: { secret: { name: "n5" } }, status });
  expect(formerNames(renamed("", { apiKey }))).toEqual(["n0", "n4", "n3", "n2"]);
});

test("names that were read are forgotten in favour of those that were not, and else never", () => {
  expect(namesToForget(renamed("n0 n1 n2 n3 n4 n5"))).toEqual(["n0", "n5"]);
  expect(namesToForget(renamed("n1 n2 n3 n4 n5"))).toBeNull();
  expect(namesToForget(renamed("n0 n5"))).toBeNull();
  expect(namesToForget(renamed("n5"))).toBeNull();
});

test("nothing is forgotten while something of ours lies under a name that was read", () => {
  expect(namesToForget(renamed("n0 n1 n2 n3 n4 n5", { formers: [aTarget({ name: "n2" })] }))).toBeNull();
});
