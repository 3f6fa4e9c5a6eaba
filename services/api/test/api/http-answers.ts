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

const codeOf = (status: number, headers: Headers, body: string): string | null => {
  if (status < 400) return null;
  // A HEAD has no body, but says the code of a key's refusal in a header as well.
  if (body === "") return headers.get("x-itsy-code") ?? "";
  const parsed = JSON.parse(body) as { readonly code?: string; readonly error?: { readonly code: string } };
  return parsed.error?.code ?? parsed.code ?? "";
};

const headersOf = (lines: readonly string[]): Headers => {
  const headers = new Headers();
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): (.*)$/.exec(line);
    if (match === null) throw new Error(`no header line: ${JSON.stringify(line)}`);
    headers.append(match[1] ?? "", match[2] ?? "");
  }
  return headers;
};

/** The length of the body that follows the head. */
const bodyLengthOf = (headers: Headers, rest: string, isHeadSent: boolean): number => {
  const told = Number(headers.get("content-length") ?? Number.NaN);
  if (!Number.isSafeInteger(told)) throw new Error("an answer without a length");
  // Of a HEAD, the length is told, but the next answer follows at once.
  if (isHeadSent && (rest === "" || rest.startsWith("HTTP/1.1 "))) return 0;
  if (rest.length < told) throw new Error(`a body that is cut off: ${rest.length} of ${told}`);
  return told;
};

const isCutOff = (rest: string): boolean => {
  const end = rest.indexOf("\r\n\r\n");
  if (end < 0) return true;
  const told = Number(/content-length: (\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
  return rest.length < end + 4 + told;
};

/**
 * Everything that a connection answered, taken apart strictly.
 * @throws Error for whatever is not a well-formed answer: 200, or 4xx or 503 with a stable code.
 */
export const parseAnswers = (
  received: string,
  { isHeadSent, isReset }: { readonly isHeadSent: boolean; readonly isReset: boolean },
): readonly HttpAnswer[] => {
  const answers: HttpAnswer[] = [];
  let rest = received;
  while (rest !== "") {
    if (isReset && isCutOff(rest)) return answers;
    const end = rest.indexOf("\r\n\r\n");
    const [statusLine = "", ...lines] = rest.slice(0, end).split("\r\n");
    const match = /^HTTP\/1\.1 (\d{3}) [A-Za-z ]+$/.exec(statusLine);
    if (end < 0 || match === null) throw new Error(`no answer: ${JSON.stringify(rest.slice(0, 200))}`);
    const status = Number(match[1]);
    rest = rest.slice(end + 4);
    if (status === 100) continue;
    const headers = headersOf(lines);
    const length = bodyLengthOf(headers, rest, isHeadSent);
    const body = rest.slice(0, length);
    rest = rest.slice(length);
    const code = codeOf(status, headers, body);
    const isAllowed = status === 200 || (status >= 400 && status < 500) || status === 503;
    if (!isAllowed) throw new Error(`status ${status}`);
    if (code !== null && !isStable(code) && !(isHeadSent && body === "")) throw new Error(`${status} without a code`);
    answers.push({ status, headers, body, code });
  }
  return answers;
};
