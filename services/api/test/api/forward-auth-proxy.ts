import { request } from "node:http";

import { startTestApi } from "./start-test-api.ts";

type HeaderLines = Readonly<Record<string, string | readonly string[]>>;

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: HeaderLines;
  readonly body?: string;
  /** `null`: the proxy has none. */
  readonly token?: string | null;
}

export const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}` });

/** The service, and a proxy with the token of one of its two workspaces. */
export const startForwardAuthProxy = async () => {
  const api = await startTestApi();
  const tenant = await api.tenant("acme");
  const other = await api.tenant("umbrella");

  /** As a proxy asks; a header may come several times. */
  const ask = (question: Question = {}): Promise<Asked> => {
    const { method = "GET", path = "", headers = {}, body, token = tenant.tokens.verifier } = question;
    const { promise, resolve, reject } = Promise.withResolvers<Asked>();
    const all = { ...headers, ...(token !== null && { "X-Itsy-Token": token }) } as Record<string, string | string[]>;
    const asking = request(`${api.url}/v1/forward-auth${path}`, { method, headers: all }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asking.once("error", reject);
    asking.end(body);
    return promise;
  };

  const aKey = async (more: object = {}) => {
    const { keys } = api.client(tenant.tokens.admin);
    return keys.create({ name: "Website", environment: "production", ...more });
  };

  return { api, tenant, other, ask, aKey };
};
