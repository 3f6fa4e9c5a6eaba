import { errorCodes } from "@itsy/contract";

/** One answer of a connection. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The stable code of a refusal; `null` in a good answer. */
  readonly code: string | null;
}

const PROBLEM_CODES =
  /^(?:API_KEY_[A-Z]+|RATE_LIMITED|QUOTA_EXCEEDED|INSUFFICIENT_PERMISSIONS|VERIFICATION_UNAVAILABLE)$/;

const isStable = (code: unknown) =>
  typeof code === "string" && (Object.hasOwn(errorCodes, code) || PROBLEM_CODES.test(code));

interface Refusal {
  readonly code?: string;
  readonly error?: { readonly code?: unknown; readonly data?: { readonly error?: { readonly code?: string } } };
}

/** As each door says it: a problem, an error, tRPC's error with ours inside. */
const codeIn = (refusal: Refusal): string => {
  const code = refusal.error?.data?.error?.code ?? refusal.error?.code ?? refusal.code;
  return typeof code === "string" ? code : "";
};

const codeOf = (status: number, headers: Headers, body: string): string | null => {
  if (status < 400 && status !== 207) return null;
  // A HEAD has no body, but says the code of a key's refusal in a header as well.
  if (body === "") return headers.get("x-itsy-code") ?? "";
  const parsed = JSON.parse(body) as Refusal | readonly Refusal[];
  if (!Array.isArray(parsed)) return codeIn(parsed as Refusal);
  // A batch of tRPC: each call that was refused has a code of its own.
  const codes = (parsed as readonly Refusal[]).filter(({ error }) => error !== undefined).map(codeIn);
  return codes.find((code) => !isStable(code)) ?? codes[0] ?? "";
};

/** The contract has it for forward auth only, when the service cannot be asked. Nobody else may be told so here. */
const isAllowedUnavailable = (code: string | null) => code === "VERIFICATION_UNAVAILABLE";

const headersOf = (lines: readonly string[]): Headers => {
  const headers = new Headers();
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): (.*)$/.exec(line);
    if (match === null) throw new Error(`no header line: ${JSON.stringify(line)}`);
    headers.append(match[1] ?? "", match[2] ?? "");
  }
  return headers;
};

interface Taken {
  readonly body: string;
  readonly rest: string;
}

/** RFC 9112, section 7.1, without extensions and trailers; `null` while its end is not there. */
const takeChunks = (text: string): Taken | null => {
  let [body, rest] = ["", text];
  for (;;) {
    const [line = "", digits = ""] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
    if (line === "") return null;
    const size = Number.parseInt(digits, 16);
    const end = line.length + size;
    if (rest.slice(end, end + 2) !== "\r\n") return null;
    body += rest.slice(line.length, end);
    rest = rest.slice(end + 2);
    if (size === 0) return { body, rest };
  }
};

/** The body that follows the head; `null` where it is cut off. */
const takeBody = (headers: Headers, rest: string, isHeadSent: boolean): Taken | null => {
  // Of a HEAD, the length is told, but the next answer follows at once.
  if (isHeadSent && (rest === "" || rest.startsWith("HTTP/1.1 "))) return { body: "", rest };
  if (headers.get("transfer-encoding") === "chunked") return takeChunks(rest);
  const told = Number(headers.get("content-length") ?? Number.NaN);
  if (!Number.isSafeInteger(told)) throw new Error("an answer without a length");
  return rest.length < told ? null : { body: rest.slice(0, told), rest: rest.slice(told) };
};

/**
 * Everything that a connection answered, taken apart strictly.
 * @throws Error for whatever is not a well-formed answer: 200, 207 of a batch, 4xx with a stable code, or forward auth's
 * 503.
 */
export const parseAnswers = (
  received: string,
  { isHeadSent, isReset }: { readonly isHeadSent: boolean; readonly isReset: boolean },
): readonly HttpAnswer[] => {
  const answers: HttpAnswer[] = [];
  let rest = received;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    if (isReset && end < 0) return answers;
    const [statusLine = "", ...lines] = rest.slice(0, end).split("\r\n");
    const match = /^HTTP\/1\.1 (\d{3}) [A-Za-z -]+$/.exec(statusLine);
    if (end < 0 || match === null) throw new Error(`no answer: ${JSON.stringify(rest.slice(0, 200))}`);
    const status = Number(match[1]);
    rest = rest.slice(end + 4);
    if (status === 100) continue;
    const headers = headersOf(lines);
    const taken = takeBody(headers, rest, isHeadSent);
    if (taken === null && isReset) return answers;
    if (taken === null) throw new Error(`a body that is cut off: ${JSON.stringify(rest.slice(0, 200))}`);
    const { body } = taken;
    ({ rest } = taken);
    const code = codeOf(status, headers, body);
    const isAllowed = status === 200 || status === 207 || (status >= 400 && status < 500);
    if (!isAllowed && !(status === 503 && isAllowedUnavailable(code))) throw new Error(`status ${status}: ${body}`);
    if (code !== null && !isStable(code) && !(isHeadSent && body === "")) throw new Error(`${status} without a code`);
    answers.push({ status, headers, body, code });
  }
  return answers;
};
