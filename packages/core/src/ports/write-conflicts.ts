/** Thrown by a conditional update whose condition no longer holds; `transaction` retries it. */
export class ConcurrentChange extends Error {
  constructor(what: string) {
    super(`${what} was changed at the same time`);
    this.name = "ConcurrentChange";
  }
}

/** Thrown by an insert that a unique constraint refused. Carries no value of the row. */
export class DuplicateRow extends Error {
  readonly table: string;

  constructor(table: string, options?: ErrorOptions) {
    super(`a row with the same unique value exists in ${table}`, options);
    this.name = "DuplicateRow";
    this.table = table;
  }
}
