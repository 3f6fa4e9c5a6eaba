import { Secrets } from "@itsy/controller-runtime";

import { annotations } from "../../src/api-key/names.ts";
import { ApiKeys } from "../../src/api-key/resource.ts";
import type { Call } from "./network.ts";
import type { Process } from "./process.ts";
import { isStaging } from "./staging-name.ts";
import { NAMESPACE, OBJECT, type World } from "./world.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** One thing that happens. `pick` chooses among what there is. Whether it could happen. */
type Move = (world: World, pick: number) => Promise<boolean> | boolean;

const pickOf = <Item>(items: readonly Item[], pick: number): Item | undefined =>
  items[pick % Math.max(1, items.length)];

const say = ({ trace }: World, line: string): true => {
  trace.push(line);
  return true;
};

const described = (call: Call) => `${call.from}: ${call.what}`;

const answer: Move = async (world, pick) => {
  const call = pickOf(world.network.calls, pick);
  if (call === undefined) return false;
  if (!call.isApplied) await call.apply();
  say(world, described(call));
  call.answer();
  return true;
};

const applyOnly: Move = async (world, pick) => {
  const call = pickOf(
    world.network.calls.filter(({ isApplied }) => !isApplied),
    pick,
  );
  if (call === undefined) return false;
  say(world, `${described(call)} arrives; the answer takes longer`);
  await call.apply();
  return true;
};

const loseAnswer: Move = async (world, pick) => {
  const call = pickOf(world.network.calls, pick);
  if (call === undefined) return false;
  say(world, `${described(call)} arrives; the answer is lost`);
  if (!call.isApplied) await call.apply();
  call.lose();
  return true;
};

const loseRequest: Move = (world, pick) => {
  const call = pickOf(
    world.network.calls.filter(({ isApplied }) => !isApplied),
    pick,
  );
  if (call === undefined) return false;
  call.lose();
  return say(world, `${described(call)} is lost on its way`);
};

const start: Move = (world, pick) => {
  const idle = pickOf(
    world.processes.filter(({ isBusy }) => !isBusy),
    pick,
  );
  if (idle === undefined) return false;
  const isStale = pick % 7 === 0;
  if (!isStale) idle.sync();
  idle.start();
  return say(world, `${idle.name} looks${isStale ? " with an old store" : ""}`);
};

const crash: Move = (world, pick) => {
  const at = pick % world.processes.length;
  say(world, `${(world.processes[at] as Process).name} is killed`);
  world.replaceProcess(at);
  return true;
};

const waitShortly: Move = (world, pick) => {
  const ms = [SECOND_MS, 10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS][pick % 4] as number;
  world.advance(ms);
  return say(world, `${ms / SECOND_MS} s pass`);
};

/** A request does not travel for so long: whoever sent it, and whoever carries it, has given up by then. */
const waitLong: Move = (world, pick) => {
  for (const call of world.network.calls.filter(({ isApplied }) => !isApplied)) {
    say(world, `${described(call)} is given up`);
    call.lose();
  }
  const minutes = [25, 61, 180][pick % 3] as number;
  world.advance(minutes * MINUTE_MS);
  world.disturbances.count += 1;
  return say(world, `${minutes} min pass`);
};

const patchApiKey = (world: World, patch: object): boolean => {
  if (world.apiServer.get(ApiKeys, OBJECT) === null) return false;
  world.apiServer.mergePatch(ApiKeys, OBJECT, patch);
  return true;
};

const requestRotation: Move = (world) => {
  world.state.requests += 1;
  const value = `request ${world.state.requests}`;
  const patch = { metadata: { annotations: { [annotations.rotateRequestedAt]: value } } };
  if (!patchApiKey(world, patch)) return false;
  world.disturbances.count += 1;
  return say(world, `a person asks for a rotation (${value})`);
};

const edit: Move = (world) => {
  world.state.edits += 1;
  const displayName = `Website ${world.state.edits}`;
  return patchApiKey(world, { spec: { displayName } }) && say(world, `a person edits the manifest (${displayName})`);
};

/** What lies beside the value: another template, and the value before or not. No other value for it. */
const changeContent: Move = (world, pick) => {
  world.state.edits += 1;
  const env = `${world.state.edits}={{ .secret }}`;
  const includePrevious = pick % 4 !== 0;
  const what = `a person changes the template (${world.state.edits}), ${includePrevious ? "with" : "without"} the value before`;
  return patchApiKey(world, { spec: { secret: { template: { env }, includePrevious } } }) && say(world, what);
};

const TARGET_NAMES = [OBJECT.name, "website-key", "shop"];

/**
 * The same value under another name. Nobody is at work then, and both hear of it, but what was sent before may arrive
 * later: one who still goes by the old name while the other one moves the value is more than the protocol can bear.
 */
const rename: Move = (world, pick) => {
  const name = TARGET_NAMES[pick % TARGET_NAMES.length] as string;
  if (world.targetName() === name || world.processes.some(({ isBusy }) => isBusy)) return false;
  if (!patchApiKey(world, { spec: { secret: { name } } })) return false;
  for (const one of world.processes) one.sync();
  return say(world, `a person renames the Secret to ${name}`);
};

const deleteSecret =
  (isMeant: (name: string) => boolean, what: string): Move =>
  (world, pick) => {
    const secret = pickOf(
      world.apiServer.list(Secrets, NAMESPACE).filter(({ metadata }) => isMeant(metadata.name)),
      pick,
    );
    if (secret === undefined) return false;
    world.disturbances.count += 1;
    world.apiServer.delete(Secrets, secret.metadata);
    return say(world, `a person deletes the ${what} Secret ${secret.metadata.name}`);
  };

const tamper: Move = (world, pick) => {
  if (world.target() === null) return false;
  const value = `written by a person ${pick}`;
  world.foreign.add(value);
  world.disturbances.count += 1;
  const name = { ...OBJECT, name: world.targetName() };
  world.apiServer.mergePatch(Secrets, name, { data: { apiKey: Buffer.from(value).toString("base64") } });
  return say(world, "a person writes another value into the target Secret");
};

const revoke: Move = (world, pick) => {
  const key = pickOf(
    [...world.service.rows.keys.values()].filter(({ revokedAt }) => revokedAt === null),
    pick,
  );
  if (key === undefined) return false;
  world.disturbances.count += 1;
  world.service.endVersions(key.id);
  world.service.changeKey(key.id, { revokedAt: world.now() });
  const owner = [...world.service.rows.bindings.values()].find(({ keyId }) => keyId === key.id);
  if (owner !== undefined) world.revocations.set(key.id, { ownerUid: owner.ownerUid, requests: world.state.requests });
  return say(world, `a person revokes ${key.id}`);
};

const toggleGrant: Move = (world) => {
  world.state.isGranted = !world.state.isGranted;
  return say(world, world.state.isGranted ? "the grant is given" : "the grant is withdrawn");
};

const deleteApiKey: Move = (world) => {
  if (!world.apiServer.delete(ApiKeys, OBJECT)) return false;
  // Whoever has not heard of it yet finds its Secret gone, and makes another value.
  world.disturbances.count += 1;
  return say(world, "a person deletes the ApiKey");
};

const createApiKey: Move = (world) => {
  if (world.apiServer.get(ApiKeys, OBJECT) !== null) return false;
  world.createApiKey();
  return say(world, "a person applies the ApiKey");
};

const collectGarbage: Move = (world) => {
  world.apiServer.collectGarbage(Secrets, ApiKeys);
  return say(world, "the garbage collector runs");
};

const target = deleteSecret((name) => !isStaging(name), "target");
const staging = deleteSecret(isStaging, "staging");

/** How often each comes. The first ones are what a shrunk schedule is made of. */
const table: readonly (readonly [times: number, move: Move])[] = [
  [56, answer],
  [8, start],
  [6, applyOnly],
  [4, loseAnswer],
  [3, loseRequest],
  [3, crash],
  [4, waitShortly],
  [2, waitLong],
  [3, requestRotation],
  [1, edit],
  [2, changeContent],
  [3, rename],
  [2, target],
  [1, staging],
  [1, tamper],
  [1, revoke],
  [1, toggleGrant],
  [1, deleteApiKey],
  [2, createApiKey],
  [1, collectGarbage],
];
const moves: readonly Move[] = table.flatMap(([times, move]) => Array.from({ length: times }, () => move));
export const CHOICES = moves.length * 64;

/** Does what the number says; where that cannot happen now, whatever brings the run on. */
export const doMove = async (world: World, choice: number): Promise<void> => {
  const move = moves[choice % moves.length] as Move;
  const pick = Math.floor(choice / moves.length);
  if (await move(world, pick)) return;
  if (!(await answer(world, pick))) await start(world, pick);
};
