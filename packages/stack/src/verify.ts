import { Verification, type VerifyInput } from "@itsy/contract";

import type { Service } from "./service.ts";

/** Asks the fast door, as an API server would. @throws Error when the answer is not a verification. */
export const verify = async (
  service: Pick<Service, "url" | "tokens">,
  secret: string,
  required: Omit<VerifyInput, "secret"> = {},
): Promise<Verification> => {
  const response = await fetch(`${service.url}/v1/verify`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.tokens.verifier}`, "content-type": "application/json" },
    body: JSON.stringify({ ...required, secret }),
  });
  return Verification.parse(await response.json());
};
