import type { VerifyInput } from "@itsy/contract";

import { isOutage, type VerifiedKey } from "./answer.ts";
import { type HeaderSource, readCredential } from "./credential.ts";
import type { Denial } from "./denial.ts";
import { acceptedFields, type HeaderFields } from "./rate-limit-fields.ts";
import type { Verifier } from "./verifier.ts";

/**
 * What a request's key must fulfil besides being good (`environment`, `project`, `permissions`), from where it was
 * presented (`ip`: a key with IP rules is refused without it), and as how many requests it counts (`cost`).
 */
export type Requirements = Readonly<Omit<VerifyInput, "secret">>;

/**
 * What happens to a request while the key service is down. `refuse`: 503. `accept`: it goes on without a verified key.
 * Accepted are outages only (no answer, cut-off answers, 5xx, the open circuit), never a missing or refused key, and
 * never a wrong address, a wrong token or something else answering in the service's place: those last until repaired.
 */
export type OnUnavailable = "refuse" | "accept";

export interface GateOptions<Request, Mode extends OnUnavailable = "refuse"> {
  readonly verifier: Verifier;
  /** The same for every request, or worked out from each. What it throws is the request's error. */
  readonly required?: Requirements | ((request: Request) => Requirements);
  /** Default: `refuse`. */
  readonly onUnavailable?: Mode;
}

/** With `accept`, a request may go on without a key. */
export type KeyOf<Mode extends OnUnavailable> = Mode extends "accept" ? VerifiedKey | null : VerifiedKey;

export type Passage<Mode extends OnUnavailable> =
  | { readonly passed: true; readonly key: KeyOf<Mode>; readonly headers: HeaderFields }
  | { readonly passed: false; readonly denial: Denial };

const denied = (denial: Denial) => ({ passed: false, denial }) as const;

/** What all middleware have in common: read the credential, ask, decide. */
export const passGate = async <Request, Mode extends OnUnavailable>(
  request: Request,
  headers: HeaderSource,
  { verifier, required = {}, onUnavailable }: GateOptions<Request, Mode>,
): Promise<Passage<Mode>> => {
  const credential = readCredential(headers);
  if (!credential.found) return denied({ outcome: "unidentified", code: credential.code });
  const requirements = typeof required === "function" ? required(request) : required;
  const answer = await verifier.verify({ ...requirements, secret: credential.secret });
  switch (answer.outcome) {
    case "accepted":
      return { passed: true, key: answer.key, headers: acceptedFields(answer.rateLimit) };
    case "refused":
      return denied(answer);
    case "unavailable": {
      if (onUnavailable !== "accept" || !isOutage(answer)) return denied(answer);
      return { passed: true, key: null as KeyOf<Mode>, headers: {} };
    }
    default:
      // Not even an answer that the types forbid lets a request pass.
      return answer satisfies never;
  }
};
