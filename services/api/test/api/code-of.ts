import { ItsyError } from "@itsy/client";

/** How a call ended: the code of its refusal, or `no error`. */
export const codeOf = async (call: Promise<unknown>) =>
  call.then(
    () => "no error",
    (error: unknown) => (error instanceof ItsyError ? error.code : error),
  );
