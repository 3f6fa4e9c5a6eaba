import type { EntitySchemaColumnOptions } from "typeorm";

/** How one kind of value is stored, and how it becomes what the domain sees. */
export type ColumnType = Pick<EntitySchemaColumnOptions, "length" | "charset" | "collation" | "transformer"> & {
  readonly type: "varchar" | "bigint" | "int" | "integer" | "binary" | "blob" | "text";
};

export interface ColumnTypes {
  /** A type prefix and a ULID; compared byte by byte. */
  readonly id: ColumnType;
  /** A DNS label; compared byte by byte. */
  readonly slug: ColumnType;
  /** One of a few lower-case words. */
  readonly word: ColumnType;
  /** The uid of a Kubernetes object; compared byte by byte. */
  readonly uid: ColumnType;
  /** Text of at most so many characters. */
  readonly text: (length: number) => ColumnType;
  /** Milliseconds since 1970 as a number under 2^53: exact, and the same in every database, time zone and SQL mode. */
  readonly instant: ColumnType;
  /** An integer of at most 31 bits. */
  readonly int: ColumnType;
  /** A number under 2^53 that counts. */
  readonly count: ColumnType;
  /** Text that only programs read, of at most so many characters; compared byte by byte. */
  readonly opaque: (length: number) => ColumnType;
  /** A small object as JSON text. */
  readonly json: ColumnType;
  /** 32 bytes. */
  readonly digest: ColumnType;
}

const instantTransformer = {
  to: (value: Date | null | undefined): number | null | undefined => (value instanceof Date ? value.getTime() : value),
  from: (value: number | string | null): Date | null => (value === null ? null : new Date(Number(value))),
};

const digestTransformer = {
  to: (value: Uint8Array | null | undefined): Buffer | null | undefined =>
    value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value,
  from: (value: Uint8Array | null): Uint8Array | null => (value === null ? null : new Uint8Array(value)),
};

const jsonTransformer = {
  to: (value: object | null | undefined): string | null | undefined =>
    typeof value === "object" && value !== null ? JSON.stringify(value) : value,
  from: (value: string | null): unknown => (value === null ? null : JSON.parse(value)),
};

// Not the character set `ascii`: a comparison with other text is then an error (3854), where it should find nothing.
const exact = (length: number): ColumnType => ({
  type: "varchar",
  length,
  charset: "utf8mb4",
  collation: "utf8mb4_bin",
});

const ID_LENGTH = 40;
const SLUG_LENGTH = 63;
const WORD_LENGTH = 16;
const UID_LENGTH = 64;
const DIGEST_LENGTH = 32;

export const mysqlColumns: ColumnTypes = Object.freeze<ColumnTypes>({
  id: exact(ID_LENGTH),
  slug: exact(SLUG_LENGTH),
  word: exact(WORD_LENGTH),
  uid: exact(UID_LENGTH),
  text: (length: number): ColumnType => ({
    type: "varchar",
    length,
    charset: "utf8mb4",
    collation: "utf8mb4_unicode_ci",
  }),
  instant: { type: "bigint", transformer: instantTransformer },
  int: { type: "int" },
  count: { type: "bigint" },
  opaque: exact,
  json: { type: "text", charset: "utf8mb4", collation: "utf8mb4_bin", transformer: jsonTransformer },
  digest: { type: "binary", length: DIGEST_LENGTH, transformer: digestTransformer },
});

// SQLite compares text byte by byte unless told otherwise, and ignores lengths; they are there to be read.
const plain = (length: number): ColumnType => ({ type: "varchar", length });

export const sqliteColumns: ColumnTypes = Object.freeze<ColumnTypes>({
  id: plain(ID_LENGTH),
  slug: plain(SLUG_LENGTH),
  word: plain(WORD_LENGTH),
  uid: plain(UID_LENGTH),
  text: plain,
  instant: { type: "bigint", transformer: instantTransformer },
  int: { type: "integer" },
  count: { type: "bigint" },
  opaque: plain,
  json: { type: "text", transformer: jsonTransformer },
  digest: { type: "blob", transformer: digestTransformer },
});
