import { connect } from "node:net";

/** A connection on which a test writes what it likes. */
export interface RawConnection extends AsyncDisposable {
  readonly write: (bytes: string | Buffer) => void;
  /** Everything that was received, as soon as it matches, or the connection ended. */
  readonly received: (pattern: RegExp) => Promise<string>;
  /** Everything that was received when the other side closed. */
  readonly closed: Promise<string>;
}

export const openRaw = async (url: string): Promise<RawConnection> => {
  const { hostname, port } = new URL(url);
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<string>();
  let text = "";
  const listeners = new Set<() => void>();
  const socket = connect({ host: hostname, port: Number(port) }, opened.resolve).setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
    for (const listener of listeners) listener();
  });
  // A reset is one way to be told that the connection is over.
  socket.once("error", opened.reject);
  socket.once("close", () => {
    closed.resolve(text);
    for (const listener of listeners) listener();
  });
  await opened.promise;
  return {
    write: (bytes) => void socket.write(bytes),
    received: (pattern) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      const look = () => {
        if (pattern.test(text) || socket.closed) resolve(text);
      };
      listeners.add(look);
      look();
      return promise;
    },
    closed: closed.promise,
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed.promise;
    },
  };
};
