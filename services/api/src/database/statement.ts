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

export type RowInsert = Statement & Required<Pick<Statement, "rowSql">>;

/** Sends a statement, and answers with the rows that it found; none where it writes. @throws as `Run` does */
export type Send = (statement: Statement) => Promise<readonly object[]>;
