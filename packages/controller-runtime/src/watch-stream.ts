import type { WatchEvent } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";
import type { KubeObject, Stored } from "./kube-object.ts";
import { refusalOf } from "./refusal.ts";

const newline = 0x0a;

/** Complete lines of a stream, whatever the borders of its chunks. An incomplete last line is dropped. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      rest.push(chunk.subarray(start, end));
      const line = Buffer.concat(rest).toString("utf8");
      rest = [];
      start = end + 1;
      if (line.trim() !== "") yield line;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
}

const parse = (line: string, what: string): { readonly type?: unknown; readonly object?: unknown } => {
  try {
    return JSON.parse(line);
  } catch {
    // Without the parser's error as cause: it quotes the text, which may be a Secret.
    throw new KubeError({ status: 0, reason: "Unreachable", message: `${what}: unreadable watch event` });
  }
};

/** One line of a watch. An ERROR event, whose object is a Status, throws the KubeError that it describes. */
export const watchEventOf = <T extends KubeObject>(line: string, what: string): WatchEvent<T> | null => {
  const { type, object } = parse(line, what);
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED": {
      const stored = object as Stored<T>;
      return { type, object: stored, resourceVersion: stored.metadata.resourceVersion };
    }
    case "BOOKMARK":
      return { type, resourceVersion: (object as Stored<KubeObject>).metadata.resourceVersion };
    case "ERROR":
      throw refusalOf(object, { what });
    default:
      return null;
  }
};
