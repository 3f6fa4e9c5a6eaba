import { Writable } from "node:stream";

import { defaultSecretFormat, generateSecret, generateToken } from "@itsy/key-format";
import { expect, test } from "vitest";

import { createLogger } from "./logger.ts";

const logging = () => {
  let text = "";
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  return { logger: createLogger({ level: "trace", format: defaultSecretFormat, destination }), text: () => text };
};

test("a secret or a token that gets into a line by any way is blanked", () => {
  const { logger, text } = logging();
  const secret = generateSecret({ environment: "local" });
  const token = generateToken();
  logger.info({ path: `/x/${secret}`, deep: { er: [token] } }, `got ${secret}`);
  logger.error({ err: new Error(`bad ${token}`, { cause: new Error(secret) }) }, "failed");
  logger.warn(`n\\n${secret}x`);
  expect(text()).toContain("[redacted]");
  for (const part of [secret, token].map((one) => one.slice(one.lastIndexOf("_") + 1)))
    expect(text()).not.toContain(part);
});

test("fields that hold what nobody should read are blanked by their name", () => {
  const { logger, text } = logging();
  logger.info({
    authorization: "hidden",
    headers: { cookie: "hidden" },
    req: { headers: { authorization: "hidden" } },
  });
  logger.info({ secret: "hidden", digest: "hidden", a: { pepper: "hidden", password: "hidden", input: "hidden" } });
  expect(text()).not.toContain("hidden");
});
