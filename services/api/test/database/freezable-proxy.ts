import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * Stands before a server and can fall silent as a broken network does (connections stay, nothing goes through), or go away
 * as a server does that dies.
 */
export interface FreezableProxy extends AsyncDisposable {
  /** The URL of the server, by way of the proxy. */
  readonly url: string;
  freeze(): void;
  /** For the connections that are made from now on. Those that were frozen stay so. */
  thaw(): void;
  /** Breaks every connection, and those that come: at once, so that what was sent before had its answer. */
  cut(): void;
}

export const startFreezableProxy = async (serverUrl: string): Promise<FreezableProxy> => {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  let isCut = false;
  const adopt = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((inward) => {
    adopt(inward);
    if (isCut) inward.destroy();
    if (frozen || isCut) return;
    const outward = adopt(connect(Number(target.port || 3306), target.hostname));
    inward.pipe(outward).pipe(inward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.freeze({
    url: url.href,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    thaw: () => {
      frozen = false;
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  });
};
