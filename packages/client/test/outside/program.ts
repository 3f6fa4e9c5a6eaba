// A program of somebody else, compiled against the packed tarballs alone. It exercises the whole public surface.
import { createClient, type ItsyClient, ItsyError } from "@itsy/client";

const client: ItsyClient = createClient({ url: "https://keys.example.com", token: "itsy_mt_…", timeoutMs: 5000 });

export const issue = async (): Promise<string> => {
  const { key, secret } = await client.keys.create({ name: "Website Integration", environment: "production" });
  const status: "active" | "paused" | "expired" | "revoked" = key.status;
  await client.keys.rotate({ keyId: key.id, overlapMs: 60_000 }, { signal: AbortSignal.timeout(1000) });
  return `${secret} ${status}`;
};

export const verify = async (secret: string): Promise<string> => {
  const answer = await client.keys.verify({ secret });
  return answer.valid ? `${answer.keyId} ${answer.rateLimit.remaining}` : answer.code;
};

export const list = async (): Promise<number> => {
  try {
    const { projects } = await client.projects.list();
    return projects.length;
  } catch (error) {
    if (error instanceof ItsyError && error.code === "FORBIDDEN") return 0;
    throw error;
  }
};

// @ts-expect-error -- the environment is one of three
export const wrong = () => client.keys.create({ name: "x", environment: "staging" });
// @ts-expect-error -- a key is needed
export const missing = () => client.keys.revoke();
