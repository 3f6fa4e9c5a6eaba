import { expect, test } from "vitest";

import { createEffects } from "./effects.ts";

const recorded = () => {
  const seen: string[] = [];
  const effects = createEffects((name, phase) => void seen.push(`${phase} ${name}`));
  const write = (name: string) => effects.write(name, async () => void seen.push(name));
  return { seen, effects, write };
};

test("the write of a named effect has that name", async () => {
  const { seen, effects, write } = recorded();
  await effects.run("publish", () => write("patch secrets"));
  expect(seen).toEqual(["before publish", "patch secrets", "after publish"]);
});

test("no write goes past the hook: one without a name, a second one, one of an effect that only reads", async () => {
  const { seen, effects, write } = recorded();
  const hooked = (name: string) => [`before ${name}`, name, `after ${name}`];
  await write("create events");
  await effects.run("publish", async () => {
    await write("patch secrets");
    await write("patch pods");
  });
  await effects.run("observe", () => write("delete secrets"));
  expect(seen).toEqual([
    ...hooked("create events"),
    "before publish",
    "patch secrets",
    ...hooked("patch pods"),
    "after publish",
    "before observe",
    ...hooked("delete secrets"),
    "after observe",
  ]);
});
