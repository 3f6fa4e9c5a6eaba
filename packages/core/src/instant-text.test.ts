import { Timestamp } from "@itsy/contract";
import { expect, test } from "vitest";

import { instantText, instantTextOrNull } from "./instant-text.ts";

test("an instant is shown as it is; one that RFC 3339 cannot write, as the nearest that it can", () => {
  const cases = [
    ["2027-06-01T00:00:00.001Z", "2027-06-01T00:00:00.001Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
    ["9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59.999Z"],
    ["+275760-09-13T00:00:00.000Z", "9999-12-31T23:59:59.999Z"],
    ["0000-01-01T00:00:00.000Z", "0000-01-01T00:00:00.000Z"],
    ["0000-01-01T00:00:00+05:00", "0000-01-01T00:00:00.000Z"],
  ] as const;
  for (const [stored, shown] of cases) {
    expect(instantText(new Date(stored)), stored).toBe(shown);
    expect(Timestamp.safeParse(shown).success, stored).toBe(true);
  }
  expect(instantTextOrNull(null)).toBeNull();
});
