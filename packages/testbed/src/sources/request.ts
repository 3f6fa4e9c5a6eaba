export type RequestOptions = {
  readonly method?: "GET" | "HEAD";
  /** For the answer and, where it is read, all of its body. */
  readonly timeoutMs: number;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What `fetch` throws says nothing; its cause does. */
const reasonOf = (error: unknown): string => messageOf(error instanceof Error ? (error.cause ?? error) : error);

/** @throws Error with the host, and why it could not be asked or what else than success it answered */
export const request = async (url: string, { method = "GET", timeoutMs }: RequestOptions): Promise<Response> => {
  const { host, pathname } = new URL(url);
  const response = await fetch(url, { method, signal: AbortSignal.timeout(timeoutMs) }).catch((cause: unknown) => {
    throw new Error(`${host} cannot be reached: ${reasonOf(cause)}`, { cause });
  });
  if (!response.ok) throw new Error(`${host} answered ${response.status} for ${pathname}`);
  return response;
};
