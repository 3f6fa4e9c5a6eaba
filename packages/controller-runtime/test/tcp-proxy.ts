import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a client and an API server and breaks what is asked. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  readonly open: number;
  /** Resets every open connection. */
  cut(): void;
  /** From now on connections are refused, or accepted again. */
  refuse(refusing: boolean): void;
  /** From now on nothing passes, in either direction, and nobody is told. */
  stall(stalling: boolean): void;
}

export const startTcpProxy = async (targetPort: number): Promise<TcpProxy> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let accepted = 0;
  let refusing = false;
  let stalling = false;

  const setFlow = ([a, b]: readonly [Socket, Socket]): void => {
    for (const socket of [a, b]) {
      if (stalling) socket.pause();
      else socket.resume();
    }
  };

  const server = createServer((inbound) => {
    accepted += 1;
    if (refusing) {
      inbound.resetAndDestroy();
      return;
    }
    const outbound = connect(targetPort, "127.0.0.1");
    const pair = [inbound, outbound] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [outbound, inbound] as const]) {
      from.on("data", (chunk) => void to.write(chunk));
      from.on("end", () => void to.end());
      from.on("error", () => void to.destroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    setFlow(pair);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const cut = (): void => {
    for (const [inbound, outbound] of pairs) {
      inbound.resetAndDestroy();
      outbound.destroy();
    }
  };

  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get open() {
      return pairs.size;
    },
    cut,
    refuse: (value) => {
      refusing = value;
    },
    stall: (value) => {
      stalling = value;
      for (const pair of pairs) setFlow(pair);
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, "close");
    },
  };
};
