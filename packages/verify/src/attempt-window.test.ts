import fc from "fast-check";
import { expect, test } from "vitest";

import { createAttemptWindow } from "./attempt-window.ts";

test("counts the last attempts and no others", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.boolean()), (size, attempts) => {
      const window = createAttemptWindow(size);
      for (const [index, failed] of attempts.entries()) {
        const last = attempts.slice(0, index + 1).slice(-size);
        expect(window.add(failed)).toEqual({ attempts: last.length, failures: last.filter(Boolean).length });
      }
    }),
  );
});
