import { expect, test } from "vitest";

import { anApiKey, anObserved } from "../../../test/an-observed.ts";
import { warningsOf } from "./warnings.ts";

const retireWhenUnused = (idleFor: string, atMost: string) => ({ retireWhenUnused: { idleFor, atMost } });

test.each([
  ["4m59s", {}, 1],
  ["5m", {}, 0],
  // It can end a minute after a rotation, before a kubelet has looked.
  ["0s", retireWhenUnused("1m", "24h"), 1],
  ["0s", retireWhenUnused("1m", "1m"), 1],
  ["0s", retireWhenUnused("5m", "24h"), 0],
  ["5m", retireWhenUnused("1m", "24h"), 0],
])("an overlap of %s with %o that may end the version before too soon is warned of", (overlap, more, count) => {
  const observed = anObserved({ apiKey: anApiKey({ spec: { rotation: { overlap, ...more } } }) });
  expect(warningsOf(observed).map(({ reason }) => reason)).toEqual(Array.from({ length: count }, () => "ShortOverlap"));
});
