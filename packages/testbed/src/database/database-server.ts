/** A database of a test's own; disposing drops it. */
export type TestDatabase = AsyncDisposable & { readonly name: string; readonly url: string };

/** A MySQL or MariaDB server. Disposing it ends it and removes its data. */
export type DatabaseServer = AsyncDisposable & {
  /** Where it came from. */
  readonly source: string;
  /** An account that may do everything; no database selected: `mysql://root@127.0.0.1:PORT`. */
  readonly url: string;
  /** As `select version()` answers. */
  readonly version: string;
  /** Default name: `itsy_` and random hex digits. */
  readonly createDatabase: (name?: string) => Promise<TestDatabase>;
  /** Ends the server as a crash would (SIGKILL). @throws TestbedNotOwnedError for a server given by URL. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port and data. @throws TestbedNotOwnedError for a server given by URL. */
  readonly start: () => Promise<void>;
};

/** A running server program, seen from outside. Made by a source. */
export type Engine = AsyncDisposable & {
  readonly url: string;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
};

/** Starts one engine; what it needs has been brought already. */
export type Launch = () => Promise<Engine>;
