import { Environment, Slug, VerifyInput } from "@itsy/contract";

import { MALFORMED, parseJson } from "./json-body.ts";

const environments: ReadonlySet<unknown> = new Set(Environment.options);
const SECRET_LENGTH_MAX = VerifyInput.shape.secret.maxLength ?? 0;

const isFit = (body: unknown): body is VerifyInput => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  for (const field in body) if (field !== "secret" && field !== "environment" && field !== "project") return false;
  const { secret, environment, project } = body as Record<string, unknown>;
  return (
    typeof secret === "string" &&
    secret.length <= SECRET_LENGTH_MAX &&
    (environment === undefined || environments.has(environment)) &&
    (project === undefined || Slug.safeParse(project).success)
  );
};

/** Nothing but a secret, as `JSON.stringify` writes it: what nearly every caller sends. */
const ONLY_SECRET = /^\{"secret":"(\w*)"\}$/;

/**
 * `VerifyInput.parse` for what `JSON.parse` returns, without its cost in the case that counts. What the quick look
 * refuses is left to the schema, so that only what it accepts must be proven to be the same.
 * @throws ZodError
 */
const parseVerifyInput = (json: unknown): VerifyInput => (isFit(json) ? json : VerifyInput.parse(json));

/**
 * What a body asks; `MALFORMED` when it is not JSON.
 * @throws ZodError when it is JSON of another kind
 */
export const readVerifyInput = (body: Buffer): VerifyInput | typeof MALFORMED => {
  const secret = ONLY_SECRET.exec(body.toString("latin1"))?.[1];
  if (secret !== undefined && secret.length <= SECRET_LENGTH_MAX) return { secret };
  const json = parseJson(body);
  return json === MALFORMED ? MALFORMED : parseVerifyInput(json);
};
