import type { Fetch } from "@itsy/client";
import { Agent } from "undici";

export interface PooledFetch extends AsyncDisposable {
  readonly fetch: Fetch;
}

/**
 * undici's `request` in the place of the platform's `fetch`, which is undici, too: without the streams and copies that
 * the standard asks for, a call costs half the CPU. Redirects are not followed.
 */
export const createPooledFetch = (): PooledFetch => {
  const agent = new Agent();
  return Object.freeze({
    fetch: async (url, { method, headers, body, signal }) => {
      const { origin, pathname, search } = new URL(url);
      const answer = await agent.request({
        origin,
        path: `${pathname}${search}`,
        method,
        headers,
        body,
        signal,
      });
      return { json: () => answer.body.json() };
    },
    [Symbol.asyncDispose]: () => agent.close(),
  } satisfies PooledFetch);
};
