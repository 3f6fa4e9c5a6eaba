import { type ProcedurePath, type Procedures, procedures } from "@itsy/contract";
import { createTRPCUntypedClient, httpLink } from "@trpc/client";
import type { z } from "zod";

import { startDeadline } from "./deadline.ts";
import { toItsyError } from "./itsy-error.ts";

export interface FetchInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** As much of `fetch` as the client needs: the platform's own is one. It rejects where no answer came. */
export type Fetch = (url: string, init: FetchInit) => Promise<{ readonly json: () => Promise<unknown> }>;

export interface ClientOptions {
  /** Where the service listens, for example `https://keys.example.com`. */
  readonly url: string;
  /** A management token (`itsy_mt_…`), or where to read it anew for each call, for tokens that are rotated. */
  readonly token: string | (() => string | Promise<string>);
  /** How long a call may take, in milliseconds. Default: 10 000. */
  readonly timeoutMs?: number;
  /** Default: the platform's `fetch`. */
  readonly fetch?: Fetch;
}

export interface CallOptions {
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

const TIMEOUT_MS_DEFAULT = 10_000;

/** A client of one service with one credential. Holds no connection of its own: nothing needs to be closed. */
export const createClient = (options: ClientOptions): ItsyClient => {
  const { url, token, timeoutMs = TIMEOUT_MS_DEFAULT, fetch = globalThis.fetch } = options;
  const trpc = createTRPCUntypedClient({
    links: [
      httpLink({
        url: `${url.replace(/\/+$/, "")}/trpc`,
        // Queries go by POST too: an input may hold a secret's SHA-256, and URLs end up in logs.
        methodOverride: "POST",
        headers: async () => ({ authorization: `Bearer ${typeof token === "string" ? token : await token()}` }),
        // Of the answer it reads nothing but this.
        fetch: (input, init) => fetch(input as string, init as FetchInit) as Promise<Response>,
      }),
    ],
  });

  const call =
    (path: ProcedurePath, type: "query" | "mutation") =>
    async (input: unknown = {}, callOptions: CallOptions = {}) => {
      const deadline = startDeadline(timeoutMs, callOptions.signal);
      try {
        return await trpc[type](path, input, { signal: deadline.signal });
      } catch (thrown) {
        throw toItsyError(thrown);
      } finally {
        deadline.end();
      }
    };

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
