import { createClient, ItsyError } from "@itsy/client";

const { ITSY_KEYS_URL = "", ITSY_KEYS_TOKEN = "" } = process.env;
const itsy = createClient({ url: ITSY_KEYS_URL, token: ITSY_KEYS_TOKEN });

// The secret is shown this once.
const { key, secret } = await itsy.keys.create({
  name: "Partner",
  environment: "preview",
  permissions: ["files:read"],
});
console.log(`${key.id} ${key.status} ${secret.length}`);

// A new secret; the old one is good for another hour.
await itsy.keys.rotate({ keyId: key.id, overlapMs: 3_600_000 });
await itsy.keys.revoke({ keyId: key.id });

try {
  await itsy.keys.rotate({ keyId: key.id });
} catch (error) {
  if (!(error instanceof ItsyError) || error.code !== "CONFLICT") throw error;
  console.log(`${error.code}: ${error.message} (request ${error.requestId})`);
}
