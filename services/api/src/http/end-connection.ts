import type { Duplex } from "node:stream";

/** How long a caller may take to read its last answer; a socket that is only half closed holds its place for ever. */
const LINGER_MS = 1000;

/** Connections that are about to end: what still arrives on them counts for nothing, whatever it is. */
export const ending = new WeakSet<object>();

/** Ends a connection after these bytes, whatever the other side does. */
export const endConnection = (socket: Duplex, lastBytes = ""): void => {
  socket.end(lastBytes);
  // What still arrives is thrown away: left unread, it would reset the connection before the answer is read.
  socket.resume();
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(lingering));
};
