/** Headers as Fetch gives them, or as Node.js does (`request.headersDistinct`, `request.headers`), names in any case. */
export type HeaderSource =
  | { readonly get: (name: string) => string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

export type CredentialFlaw =
  /** Neither header holds a credential. */
  | "CREDENTIAL_MISSING"
  /** One header came several times, or the two say different things: nobody knows which one was meant. */
  | "CREDENTIAL_AMBIGUOUS";

export type Credential =
  | { readonly found: true; readonly secret: string; readonly header: "authorization" | "x-api-key" }
  | { readonly found: false; readonly code: CredentialFlaw };

const missing: Credential = Object.freeze({ found: false, code: "CREDENTIAL_MISSING" });
const ambiguous: Credential = Object.freeze({ found: false, code: "CREDENTIAL_AMBIGUOUS" });

const isFetchHeaders = (headers: HeaderSource): headers is { readonly get: (name: string) => string | null } =>
  typeof headers["get"] === "function";

/** All values that came under a name, as far as the platform kept them apart. */
const valuesOf = (headers: HeaderSource, name: string): readonly string[] => {
  if (isFetchHeaders(headers)) {
    const value = headers.get(name);
    return value === null ? [] : [value];
  }
  return Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => value ?? []);
};

// No secret holds a comma. Where one stands, a platform joined several values of the header, or somebody pretends so.
const isJoined = (credential: string) => credential.includes(",");

const JOINED_BEARER = /,\s*bearer(?:\s|$)/i;
/** The scheme in any case (RFC 9110, section 11.1). */
const BEARER = /^bearer(?:\s+(.*))?$/i;

type Part = { readonly secret: string | null } | "several";

const bearerOf = (values: readonly string[]): Part => {
  if (values.length > 1) return "several";
  const value = values[0]?.trim() ?? "";
  const match = BEARER.exec(value);
  // Another scheme is somebody else's business (and may hold commas), unless a Bearer hides behind it.
  if (match === null) return JOINED_BEARER.test(value) ? "several" : { secret: null };
  const secret = match[1] ?? "";
  return isJoined(secret) ? "several" : { secret: secret === "" ? null : secret };
};

const apiKeyOf = (values: readonly string[]): Part => {
  const value = values[0]?.trim() ?? "";
  if (values.length > 1 || isJoined(value)) return "several";
  return { secret: value === "" ? null : value };
};

/**
 * The credential of a request: `Authorization: Bearer` first, `X-API-Key` second. Both may be there when they agree.
 * Says nothing about whether it is a secret of Itsy Keys; never throws.
 */
export const readCredential = (headers: HeaderSource): Credential => {
  const bearer = bearerOf(valuesOf(headers, "authorization"));
  const apiKey = apiKeyOf(valuesOf(headers, "x-api-key"));
  if (bearer === "several" || apiKey === "several") return ambiguous;
  if (bearer.secret === null) {
    return apiKey.secret === null ? missing : { found: true, secret: apiKey.secret, header: "x-api-key" };
  }
  if (apiKey.secret !== null && apiKey.secret !== bearer.secret) return ambiguous;
  return { found: true, secret: bearer.secret, header: "authorization" };
};
