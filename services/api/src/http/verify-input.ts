import { Environment, Slug, VerifyInput } from "@itsy/contract";

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

/**
 * `VerifyInput.parse` for what `JSON.parse` returns, without its cost in the case that counts. What the quick look
 * refuses is left to the schema, so that only what it accepts must be proven to be the same.
 * @throws ZodError
 */
export const parseVerifyInput = (body: unknown): VerifyInput => (isFit(body) ? body : VerifyInput.parse(body));
