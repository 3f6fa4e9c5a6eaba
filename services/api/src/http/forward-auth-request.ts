import type { IncomingMessage } from "node:http";

import { Environment, IpAddress, RequestCost, RequiredPermissions, Slug, type VerifyInput } from "@itsy/contract";
import { DomainError } from "@itsy/core";
import { z } from "zod";

export const FORWARD_AUTH_PATH = "/v1/forward-auth";

/** The proxy's own credential, in a header that its configuration sets. */
const TOKEN_HEADER = "x-itsy-token";
/** Where the query belongs to the client, the requirements stand here. */
const REQUIRE_HEADER = "x-itsy-require";

/** What may be told of a key beside its identity: it may be more than a proxy's buffer for headers holds. */
const Detail = z.enum(["owner", "metadata", "permissions"]);
export type Detail = z.infer<typeof Detail>;

/** What the proxy requires of a key besides being good, and what it wants to know of it. */
export interface Question {
  readonly required: Omit<VerifyInput, "secret">;
  readonly tell: readonly Detail[];
}

const List = z.string().transform((text) => text.split(","));

/** In place of an address: whoever the proxy says is its client, in `X-Forwarded-For`. */
const FORWARDED = "forwarded";

/** The fields as text has them. */
const Fields = z.strictObject({
  environment: Environment.optional(),
  project: Slug.optional(),
  permissions: List.pipe(RequiredPermissions).optional(),
  ip: z.union([IpAddress, z.literal(FORWARDED)]).optional(),
  cost: z
    .string()
    .regex(/^[0-9]{1,7}$/)
    .transform(Number)
    .pipe(RequestCost)
    .optional(),
  tell: List.pipe(z.array(Detail)).default([]),
});

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

const questionText = ({ url, headersDistinct }: Pick<IncomingMessage, "headersDistinct" | "url">): string => {
  if (formOf(url) === "fixed") return (url ?? "").slice(FORWARD_AUTH_PATH.length + 1);
  const [text = "", ...more] = headersDistinct[REQUIRE_HEADER] ?? [];
  // One of them may be a client's.
  if (more.length > 0) throw new DomainError("INVALID_INPUT", "X-Itsy-Require came several times");
  return text;
};

/** A field that comes twice is one that no field takes: the second may be a client's. */
const TWICE = Symbol("twice");

/** The address that a trusted hop wrote into `X-Forwarded-For`; `null` when there is none. */
export type ForwardedIpOf = (req: Pick<IncomingMessage, "headers">) => string | null;

/**
 * `environment=production&project=billing&permissions=files:read,files:write&ip=203.0.113.7&cost=5&tell=owner`, each at
 * most once.
 * @throws ZodError, DomainError `INVALID_INPUT` for anything else: a requirement that is not understood must not be one
 * that is not made.
 */
export const questionOf = (
  req: Pick<IncomingMessage, "headers" | "headersDistinct" | "url">,
  forwardedIpOf: ForwardedIpOf,
): Question => {
  const fields = new Map<string, unknown>();
  for (const [name, value] of new URLSearchParams(questionText(req)))
    fields.set(name, fields.has(name) ? TWICE : value);
  const { tell, ...required } = Fields.parse(Object.fromEntries(fields));
  if (required.ip !== FORWARDED) return { required, tell };
  const ip = forwardedIpOf(req);
  if (ip === null) throw new DomainError("INVALID_INPUT", "no trusted proxy told an address in X-Forwarded-For");
  return { required: { ...required, ip }, tell };
};
