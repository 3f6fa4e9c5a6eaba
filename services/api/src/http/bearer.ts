import type { IncomingMessage } from "node:http";

/** The credential of `Authorization: Bearer …`; the scheme in any case (RFC 9110, section 11.1). */
export const bearerOf = ({ headers: { authorization } }: Pick<IncomingMessage, "headers">): string | null => {
  if (authorization === undefined || authorization.length < 8) return null;
  // In the usual case without a new string.
  if (authorization.startsWith("Bearer ")) return authorization.slice(7).trim();
  return authorization.slice(0, 7).toLowerCase() === "bearer " ? authorization.slice(7).trim() : null;
};
