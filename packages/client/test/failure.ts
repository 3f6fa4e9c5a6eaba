import { inspect } from "node:util";

import { ItsyError } from "@itsy/client";

/** What a call threw. */
export const failure = async (call: Promise<unknown>): Promise<ItsyError> => {
  const thrown = await call.then(
    () => new Error("the call should have failed"),
    (error: unknown) => error,
  );
  if (thrown instanceof ItsyError) return thrown;
  throw thrown;
};

/** Everything that a log could print of an error: its fields, its stack, and its causes with theirs. */
export const printed = (error: unknown): string => inspect(error, { depth: 20, showHidden: true });
