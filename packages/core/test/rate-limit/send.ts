import { type createStage, KEY } from "./stage.ts";

/** Sends requests with a gap between them, and counts those that were accepted. */
export const send = async (
  stage: ReturnType<typeof createStage>,
  { times = 1, gapMs = 0, limit = 60, replica = 0 },
) => {
  let accepted = 0;
  for (let sent = 0; sent < times; sent++) {
    const decision = stage.replicas[replica]?.limiter.take(KEY, limit);
    void Promise.resolve(decision).then((later) => {
      if (later?.accepted === true) accepted += 1;
    });
    await stage.pass(gapMs);
  }
  await stage.pass(200);
  return accepted;
};
