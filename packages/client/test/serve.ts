import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of the test's own, on a free loopback port. */
export const serve = async (listener: RequestListener) => {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return { url, [Symbol.asyncDispose]: close };
};
