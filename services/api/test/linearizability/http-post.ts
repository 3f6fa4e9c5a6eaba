import { Agent, request } from "node:http";

/** Many connections, so that a replica that hangs holds up nobody who asks another. */
const agent = new Agent({ keepAlive: true, maxSockets: 1024 });

export interface Posted {
  readonly status: number;
  readonly json: unknown;
}

export interface Post {
  readonly token: string;
  readonly body: object;
}

/** One POST of JSON; `null` when no whole answer came. Waits as long as the connection stands. */
export const post = (url: string, { token, body }: Post): Promise<Posted | null> => {
  const { promise, resolve } = Promise.withResolvers<Posted | null>();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const sent = request(url, { method: "POST", agent, headers }, (res) => {
    let text = "";
    res.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    res.on("close", () => resolve(res.complete ? { status: res.statusCode ?? 0, json: JSON.parse(text) } : null));
  });
  sent.on("error", () => resolve(null));
  sent.end(JSON.stringify(body));
  return promise;
};

/** Ends the connections that are kept for the next request. */
export const endConnections = (): void => agent.destroy();
