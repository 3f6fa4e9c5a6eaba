/** What a statement can be given for a placeholder. */
export type Bound = string | number | Buffer | null;

/** One plain statement, as it goes to a driver. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Bound[];
  /** What it inserts into: for the error of a row that is there. */
  readonly table?: string;
  /** What a row of it refers to, as it is called where another transaction was faster to remove it. */
  readonly refersTo?: string;
  /** Where it inserts one whole row: the end of `sql`, which may be repeated for further rows. */
  readonly rowSql?: string;
}

export const COMMIT: Statement = { sql: "COMMIT", values: [] };

/** Several statements as one text, for a connection that takes them in one packet. */
export const packetOf = (statements: readonly Statement[]) => ({
  sql: statements.map(({ sql }) => sql).join(";\n"),
  values: statements.flatMap(({ values }) => values),
});

export type RowInsert = Statement & Required<Pick<Statement, "rowSql">>;

export interface Answer {
  /** Those that it found; none where it writes. */
  readonly rows: readonly object[];
  /** How many rows it wrote, also where they had these values before. */
  readonly affected: number;
}

/** Sends a statement. @throws as `Run` does */
export type Send = (statement: Statement) => Promise<Answer>;
