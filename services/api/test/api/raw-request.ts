import { openRaw } from "./raw.ts";

export interface RawRequest {
  readonly to: string;
  /** Method and target. */
  readonly request?: string;
  readonly body?: string;
}

/** Sends header lines as they are. */
export const sendRaw = async (lines: readonly string[], { request = "GET /orders?x=1", body = "", to }: RawRequest) => {
  await using raw = await openRaw(to);
  const all = [`${request} HTTP/1.1`, "Host: shop.example", "Connection: close", ...lines];
  raw.write(`${all.join("\r\n")}\r\n\r\n${body}`);
  const text = await raw.closed;
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...headerLines] = head.split("\r\n");
  const headers = new Headers(
    headerLines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
};
