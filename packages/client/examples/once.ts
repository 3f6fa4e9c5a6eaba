import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import { createClient, ItsyError } from "@itsy/client";

const { ITSY_KEYS_URL = "", ITSY_KEYS_TOKEN = "" } = process.env;
const itsy = createClient({ url: ITSY_KEYS_URL, token: ITSY_KEYS_TOKEN, timeoutMs: 2000 });

const ATTEMPTS_MAX = 4;
/** After these nobody knows whether the call took effect. */
const isOpen = (error: unknown) =>
  error instanceof ItsyError && ["UNREACHABLE", "UNAVAILABLE", "INTERNAL"].includes(error.code);

/** One key, however often it takes to hear of it. */
const createOnce = async (input: Parameters<typeof itsy.keys.create>[0]) => {
  // Made up before the first attempt, and the same for all of them.
  const idempotencyKey = randomUUID();
  for (let attempt = 1; ; attempt++) {
    try {
      return await itsy.keys.create({ ...input, idempotencyKey });
    } catch (error) {
      if (!isOpen(error) || attempt === ATTEMPTS_MAX) throw error;
      await pause(Math.random() * 100 * 2 ** attempt);
    }
  }
};

const { key } = await createOnce({ name: "Partner", environment: "preview" });
console.log(key.id);
