/** Something a test asked for cannot be had on this machine. The message names every choice and why it failed. */
export class TestbedUnavailableError extends Error {
  override readonly name = "TestbedUnavailableError";
  readonly code = "TESTBED_UNAVAILABLE";
}

/** The server exists but is not ours, so the testbed cannot do this to it (stop it, add users to it). */
export class TestbedNotOwnedError extends Error {
  override readonly name = "TestbedNotOwnedError";
  readonly code = "TESTBED_NOT_OWNED";
}

/** True for the one error that means "not here", as opposed to "it is broken". */
export const isUnavailable = (error: unknown): error is TestbedUnavailableError =>
  error instanceof TestbedUnavailableError;
