import { z } from "zod";

import { WellFormedText } from "./primitives.ts";

/** Whose key it is, for people and for the resource server: one line of free text. */
export const KeyOwner = WellFormedText.min(1)
  .max(200)
  .regex(/^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u, "must be one line without space at its ends");

const METADATA_ENTRIES_MAX = 32;

/** What the resource server wants to know of the key, and we do not: up to 32 names with a line of text each. */
export const KeyMetadata = z
  .record(
    z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, "must be a letter, then letters, digits, '_', '.' or '-'"),
    WellFormedText.max(256).regex(/^\P{Cc}*$/u, "must be one line"),
  )
  .refine((map) => Object.keys(map).length <= METADATA_ENTRIES_MAX, `must have at most ${METADATA_ENTRIES_MAX} names`);
export type KeyMetadata = z.infer<typeof KeyMetadata>;
