import { KubeError } from "@itsy/controller-runtime";
import { generateSecret, generateToken, secretSha256Hex } from "@itsy/key-format";
import { expect, test } from "vitest";

import { createSecretValue } from "./api-key/secret-value.ts";
import { createLogger } from "./logger.ts";

const logged = (write: (logger: ReturnType<typeof createLogger>) => void): string => {
  let text = "";
  const destination = {
    write: (line: string) => {
      text += line;
    },
  };
  write(createLogger({ level: "trace", destination }));
  return text;
};

const secret = generateSecret({ environment: "production" });
const leaks = [secret, secretSha256Hex(secret), Buffer.from(secret).toString("base64"), generateToken()];

test("an error is logged with its causes and without secrets, digests or tokens", () => {
  for (const leak of leaks) {
    const cause = Object.assign(new Error(`cause ${leak}`), { request: { body: leak } });
    const error = new KubeError({ status: 422, reason: "Invalid", message: `message ${leak}`, cause });
    const text = logged((logger) => logger.error({ err: error }, "failed"));
    expect(text).not.toContain(leak);
    expect(JSON.parse(text)).toMatchObject({ level: "error", err: { code: "Invalid", cause: { type: "Error" } } });
  }
});

test("a secret value that is logged by mistake shows nothing of itself but its display prefix", () => {
  const text = logged((logger) => logger.info({ value: createSecretValue(secret) }, "oops"));
  for (const leak of leaks) expect(text).not.toContain(leak);
});
