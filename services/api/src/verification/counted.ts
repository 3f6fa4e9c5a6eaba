import type { Verification } from "@itsy/contract";
import type { Verify } from "@itsy/core";

import type { Metrics } from "../http/metrics.ts";

/** The same function, whose answers are counted by outcome, whichever door they go out of. */
export const counted = (verify: Verify, metrics: Pick<Metrics, "verification">): Verify => {
  const count = (verification: Verification): Verification => {
    metrics.verification(verification.valid ? "VALID" : verification.code);
    return verification;
  };
  return (actor, input) => {
    const verification = verify(actor, input);
    return verification instanceof Promise ? verification.then(count) : count(verification);
  };
};
