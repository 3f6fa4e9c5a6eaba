import type { IncomingMessage } from "node:http";

import { VerifyInput } from "@itsy/contract";

export const FORWARD_AUTH_PATH = "/v1/forward-auth";

/** The proxy's own credential, in a header that its configuration sets. */
const TOKEN_HEADER = "x-itsy-token";
/** Where the query belongs to the client, the requirements stand here. */
const REQUIRE_HEADER = "x-itsy-require";

/** What the proxy requires of a key besides being good. */
export type Requirements = Omit<VerifyInput, "secret">;

const Requirements = VerifyInput.omit({ secret: true });

/**
 * How a proxy asks: `fixed` at the path itself (nginx, Traefik), where the query is the proxy's; `prefixed` before the
 * client's own path and query, with the client's method (Envoy).
 */
export type Form = "fixed" | "prefixed";

/** `null`: the URL belongs to another door. */
export const formOf = (url: string | undefined): Form | null => {
  if (url === undefined || !url.startsWith(FORWARD_AUTH_PATH)) return null;
  const next = url.charAt(FORWARD_AUTH_PATH.length);
  if (next === "" || next === "?") return "fixed";
  return next === "/" ? "prefixed" : null;
};

type Headers = Pick<IncomingMessage, "headersDistinct">;

/** The proxy's token; `null` when there is none, or when a client's stands beside it. */
export const proxyTokenOf = ({ headersDistinct }: Headers): string | null => {
  const given = headersDistinct[TOKEN_HEADER];
  const token = given?.[0]?.trim() ?? "";
  return given?.length === 1 && token !== "" ? token : null;
};

const requirementsText = ({ url, headersDistinct }: Pick<IncomingMessage, "headersDistinct" | "url">): string => {
  if (formOf(url) === "fixed") return (url ?? "").slice(FORWARD_AUTH_PATH.length + 1);
  return (headersDistinct[REQUIRE_HEADER] ?? []).join("&");
};

/**
 * `environment=production&project=billing`, each at most once.
 * @throws ZodError for anything else: a requirement that is not understood must not be one that is not made.
 */
export const requirementsOf = (req: Pick<IncomingMessage, "headersDistinct" | "url">): Requirements => {
  const text = requirementsText(req);
  if (text === "") return {};
  const fields = new Map<string, unknown>();
  // A field that comes twice is an array, which no field takes.
  for (const [name, value] of new URLSearchParams(text)) fields.set(name, fields.has(name) ? [value] : value);
  return Requirements.parse(Object.fromEntries(fields));
};
