import { KeyId, type KeySort } from "@itsy/contract";

import { DomainError } from "../errors.ts";
import type { KeyPlace } from "../ports.ts";

export interface Ordering {
  readonly sort: KeySort;
  readonly order: "asc" | "desc";
}

/** A place in a list, as text that says nothing to anybody else. */
export const cursorOf = ({ value, id }: KeyPlace, { sort, order }: Ordering): string =>
  Buffer.from(JSON.stringify([sort, order, value, id])).toString("base64url");

const fits = (value: unknown, sort: KeySort): value is KeyPlace["value"] => {
  if (sort === "created") return value === null;
  if (sort === "name") return typeof value === "string";
  return value === null || Number.isSafeInteger(value);
};

/** @throws DomainError `INVALID_INPUT` for a cursor that is not of this list. */
export const placeOf = (cursor: string, { sort, order }: Ordering): KeyPlace => {
  const invalid = (cause?: unknown) =>
    new DomainError("INVALID_INPUT", "the cursor is not of a list in this order: begin with the first page", { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch (cause) {
    throw invalid(cause);
  }
  const [ofSort, ofOrder, value, id] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (ofSort !== sort || ofOrder !== order || !fits(value, sort) || !KeyId.safeParse(id).success) throw invalid();
  return { value, id: id as string };
};
