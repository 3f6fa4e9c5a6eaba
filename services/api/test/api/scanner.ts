import { Webhook } from "standardwebhooks";

import type { TestApi } from "./start-test-api.ts";

export const SCANNER_KEY = Buffer.alloc(32, "a key of a scanner").toString("base64");
export const scannerEnv = { LEAK_SCANNERS: `hub:whsec_${SCANNER_KEY}` };

let count = 0;

/** The headers by which a scanner signs a body, made by the library that others use. */
export const signed = (body: string, { at, key = SCANNER_KEY }: { readonly at: Date; readonly key?: string }) => {
  const id = `msg_${(count += 1)}`;
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(key).sign(id, at, body),
  };
};

export interface LeakAnswer {
  readonly status: number;
  /** One for each leak. */
  readonly labels: readonly string[] | undefined;
  readonly code: string | undefined;
}

export const postLeaks = async (url: string, body: string, headers: Record<string, string>): Promise<LeakAnswer> => {
  const response = await fetch(`${url}/v1/leaks`, { method: "POST", headers, body });
  const json = (await response.json()) as {
    readonly results?: readonly { readonly label: string }[];
    readonly error?: { readonly code: string };
  };
  return { status: response.status, labels: json.results?.map(({ label }) => label), code: json.error?.code };
};

export interface Leak {
  readonly secret: string;
  readonly location?: string;
}

/** Reports leaks as a scanner of `scannerEnv`. */
export const reportLeaks = (api: TestApi, leaks: readonly Leak[]): Promise<LeakAnswer> => {
  const body = JSON.stringify({ leaks });
  return postLeaks(api.url, body, signed(body, { at: api.clock.now() }));
};
