/** What an id is for; it becomes the id's prefix. */
export type IdKind = "key" | "ver" | "ws" | "prj" | "cl" | "tok" | "aud";

/** `{kind}_` and a ULID in lower case. */
export interface IdSource {
  next(kind: IdKind): string;
}
