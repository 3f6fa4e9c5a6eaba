import { type ProcedurePath, type Procedures, procedures } from "@itsy/contract";
import { createTRPCUntypedClient, httpLink } from "@trpc/client";
import type { z } from "zod";

import { withDeadline } from "./deadline.ts";
import { createExchange, type FetchInit } from "./exchange.ts";
import { ItsyError, toItsyError } from "./itsy-error.ts";
import { type ClientOptions, canBeSent, settingsOf } from "./options.ts";

export interface CallOptions {
  /** Gives up at once: the call rejects with `UNREACHABLE`, and the signal's reason as its cause. */
  readonly signal?: AbortSignal;
}

type Call<Input, Output> =
  Record<string, never> extends Input
    ? (input?: Input, options?: CallOptions) => Promise<Output>
    : (input: Input, options?: CallOptions) => Promise<Output>;

/** Every procedure of the management API as a method: `client.keys.create({ … })`. Methods throw `ItsyError`. */
export type ItsyClient = {
  readonly [Router in keyof Procedures]: {
    readonly [Name in keyof Procedures[Router]]: Procedures[Router][Name] extends {
      readonly input: infer Input extends z.ZodType;
      readonly output: infer Output extends z.ZodType;
    }
      ? Call<z.input<Input>, z.output<Output>>
      : never;
  };
};

const createTokenReader = (token: ClientOptions["token"]) => async (): Promise<string> => {
  const read = async () => (typeof token === "string" ? token : await token());
  const bearer = await read().catch((cause: unknown) => {
    throw new ItsyError("UNAUTHENTICATED", "the token could not be read", { cause });
  });
  if (canBeSent(bearer)) return bearer;
  throw new ItsyError("UNAUTHENTICATED", "what was read is no management token");
};

/** What cannot be sent: a `BigInt` or a circle, of which a caller without types may have made an input. */
const requireJson = (input: unknown): void => {
  try {
    JSON.stringify(input);
  } catch (cause) {
    throw new ItsyError("INVALID_INPUT", "the input cannot be written as JSON; nothing was sent", { cause });
  }
};

/**
 * A client of one service with one credential. Holds no connection of its own: nothing needs to be closed. Throws
 * `INVALID_INPUT` for an option that does not fit; `issues` names it.
 */
export const createClient = (options: ClientOptions): ItsyClient => {
  const { endpoint, timeoutMs } = settingsOf(options);
  const readToken = createTokenReader(options.token);
  const exchange = createExchange(options.fetch ?? globalThis.fetch);
  const trpc = createTRPCUntypedClient({
    links: [
      httpLink({
        url: endpoint,
        // Queries go by POST too: an input may hold a secret's SHA-256, and URLs end up in logs.
        methodOverride: "POST",
        headers: async () => ({ authorization: `Bearer ${await readToken()}` }),
        // Of the answer it reads nothing but this.
        fetch: (url, init) => exchange(url as string, init as FetchInit) as Promise<Response>,
      }),
    ],
  });

  const call =
    (path: ProcedurePath, type: "query" | "mutation") =>
    (input: unknown = {}, { signal }: CallOptions = {}) =>
      withDeadline(
        async (limit) => {
          requireJson(input);
          try {
            return await trpc[type](path, input, { signal: limit });
          } catch (thrown) {
            throw toItsyError(thrown);
          }
        },
        { timeoutMs, signal },
      );

  const routers = Object.entries(procedures).map(([router, members]) => {
    const methods = Object.entries(members).map(([name, { type }]) => [
      name,
      call(`${router}.${name}` as ProcedurePath, type),
    ]);
    return [router, Object.freeze(Object.fromEntries(methods))];
  });
  // The table that the type is derived from is the one that the methods are made from.
  return Object.freeze(Object.fromEntries(routers)) as ItsyClient;
};
