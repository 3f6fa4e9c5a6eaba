import type { ErrorIssue } from "@itsy/contract";
import type { ZodError } from "zod";

const ISSUES_MAX = 20;
/** Shorter than any secret: the name of an unknown field comes from the caller and may be anything. */
const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,31}$/;

const unknownFields = (keys: readonly string[]): string => {
  const named = keys.filter((key) => FIELD_NAME.test(key)).slice(0, 5);
  return named.length === 0 ? "has unknown fields" : `has unknown fields: ${named.join(", ")}`;
};

/** A name on the way to a field: one of ours, or (in metadata) one that the caller made up. */
const step = (part: PropertyKey): string | number => {
  if (typeof part === "number") return part;
  const name = String(part);
  return FIELD_NAME.test(name) ? name : "*";
};

/** Which fields do not fit, and why; never what was in them. */
export const issuesOf = (error: ZodError): ErrorIssue[] =>
  error.issues.slice(0, ISSUES_MAX).map((issue) => ({
    path: issue.path.map(step),
    message: issue.code === "unrecognized_keys" ? unknownFields(issue.keys) : issue.message,
  }));
