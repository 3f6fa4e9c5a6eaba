import { KeyId, type KeySort } from "@itsy/contract";

import type { ApiKey } from "../entities.ts";
import { DomainError } from "../errors.ts";
import type { KeyPlace } from "../ports.ts";

export interface Ordering {
  readonly sort: KeySort;
  readonly order: "asc" | "desc";
}

const valueOf = (key: ApiKey, sort: KeySort): KeyPlace["value"] => {
  switch (sort) {
    case "created":
      return null;
    case "name":
      return key.name;
    case "lastUsed":
      return key.lastUsedAt?.getTime() ?? null;
    case "expires":
      return key.expiresAt?.getTime() ?? null;
    default:
      return sort satisfies never;
  }
};

/** The place of a key in a list, as text that says nothing to anybody else. */
export const cursorOf = (key: ApiKey, { sort, order }: Ordering): string =>
  Buffer.from(JSON.stringify([sort, order, valueOf(key, sort), key.id])).toString("base64url");

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
