import type { Verification } from "@itsy/contract";
import type { Verify } from "@itsy/core";

import type { Metrics } from "../http/metrics.ts";

/** The same function, whose answers are counted by outcome, whichever door they go out of. */
export const counted =
  (verify: Verify, metrics: Pick<Metrics, "verification">): Verify =>
  (actor, input) => {
    const count = (verification: Verification) => {
      metrics.verification(verification.valid ? "VALID" : verification.code);
      return verification;
    };
    const verification = verify(actor, input);
    return verification instanceof Promise ? verification.then(count) : count(verification);
  };
