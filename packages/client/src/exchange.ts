import { ItsyError } from "./itsy-error.ts";

export interface FetchInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** Always given: a redirect would carry the input to whoever it names, and bring that one's answer. */
  readonly redirect?: "manual";
}

export interface FetchAnswer {
  /** By which a redirect is told from an answer. */
  readonly status: number;
  readonly json: () => Promise<unknown>;
}

/** As much of `fetch` as the client needs: the platform's own is one. It rejects where no answer came. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;

/** A word such as `ECONNREFUSED` on what a platform threw, or on its cause. It says what went wrong and quotes nothing. */
const wordOf = (thrown: unknown): string => {
  const errors = [thrown, (Object(thrown) as { readonly cause?: unknown }).cause];
  const word = errors
    .map((error) => (Object(error) as { readonly code?: unknown }).code)
    .filter((code) => typeof code === "string")
    .find((code) => /^[A-Z][A-Z0-9_]*$/.test(code));
  return word === undefined ? "" : ` (${word})`;
};

const toNoAnswer = (cause: unknown): ItsyError => {
  // Without the parser's error: it quotes the text, which may be anything, for example a proxy's page.
  if ((Object(cause) as { readonly name?: unknown }).name === "SyntaxError") {
    return new ItsyError("UNREACHABLE", "something else answered in the service's place: no JSON");
  }
  return new ItsyError("UNREACHABLE", `no answer from the service${wordOf(cause)}`, { cause });
};

const orNoAnswer = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    throw toNoAnswer(cause);
  }
};

/** 0 is what browsers say of a redirect that they did not follow. */
const isRedirect = ({ status }: FetchAnswer) => status === 0 || (status >= 300 && status <= 399);

/** One request and its answer. Rejects with `UNREACHABLE`. */
export const createExchange =
  (fetch: Fetch) =>
  async (url: string, init: FetchInit): Promise<Pick<FetchAnswer, "json">> => {
    const { method, headers, body, signal } = init;
    // Given up while the token was read: then nothing is sent.
    signal.throwIfAborted();
    const answer = await orNoAnswer(() => fetch(url, { method, headers, body, signal, redirect: "manual" }));
    const json = () => orNoAnswer(() => answer.json());
    if (!isRedirect(answer)) return { json };
    // Read, so that its connection is free again.
    await json().catch(() => null);
    throw new ItsyError("UNREACHABLE", "a redirect came in the place of an answer; it was not followed");
  };
