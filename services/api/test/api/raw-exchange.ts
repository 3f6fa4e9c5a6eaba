import { connect } from "node:net";

export interface ExchangeOptions {
  /** What is written, one packet after the other. */
  readonly packets: readonly Buffer[];
  /** `half-close`: says that nothing more comes; `wait`: says nothing; `reset`: is gone after the last packet. */
  readonly ending: "half-close" | "wait" | "reset";
}

export interface Exchanged {
  /** As Latin-1. */
  readonly received: string;
  /** The connection did not end in order: what was under way may be lost. */
  readonly isReset: boolean;
}

/** Writes and reads until the other side ends the connection. */
export const exchange = async (url: string, { packets, ending }: ExchangeOptions): Promise<Exchanged> => {
  const { hostname, port } = new URL(url);
  const closed = Promise.withResolvers<Exchanged>();
  let text = "";
  let isReset = ending === "reset";
  const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true }).setEncoding(
    "latin1",
  );
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => {
    isReset = true;
  });
  socket.once("end", () => socket.destroy());
  socket.once("close", () => closed.resolve({ received: text, isReset }));
  for (const packet of packets) {
    const written = Promise.withResolvers<void>();
    if (socket.destroyed) break;
    socket.write(packet, () => written.resolve());
    await written.promise;
  }
  if (ending === "half-close") socket.end();
  if (ending === "reset") socket.resetAndDestroy();
  return closed.promise;
};
