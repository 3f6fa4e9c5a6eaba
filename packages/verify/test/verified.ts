import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

import { generateSecret } from "@itsy/key-format";
import { createVerifier, type VerifierOptions } from "@itsy/verify";

import type { KeyService } from "./key-service.ts";

export const secret = generateSecret({ environment: "production" });

/** A verifier that asks this service and wastes no time between attempts. */
export const verifierOf = ({ url, token }: Pick<KeyService, "url" | "token">, options: Partial<VerifierOptions> = {}) =>
  createVerifier({ url, token, random: () => 0, ...options });

/** Settings under which a failed attempt is not tried again. */
export const once = { retry: { attemptsMax: 1 } };

/** Serves on a free loopback port. */
export const listen = async (listener: RequestListener) => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
