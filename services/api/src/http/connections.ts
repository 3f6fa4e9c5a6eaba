import type { Server } from "node:http";
import type { Socket } from "node:net";

/** All connections of a server, also those that Node.js has handed over (CONNECT) or counts as ended (timeouts). */
export interface Connections {
  /** Ends them whatever the other side does. */
  destroyAll(): void;
}

export const watchConnections = (server: Server): Connections => {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return {
    destroyAll: () => {
      for (const socket of open) socket.destroy();
    },
  };
};
