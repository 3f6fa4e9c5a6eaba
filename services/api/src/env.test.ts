import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { parseSettings, SettingsError } from "./env.ts";

const pepper = (fill: number) => Buffer.alloc(32, fill).toString("base64");
const memory = { DATABASE_URL: "sqlite::memory:" };

const directory = () => {
  const path = mkdtempSync(join(tmpdir(), "itsy-keys-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
};

const refusal = (env: Record<string, string>): string => {
  try {
    parseSettings(env);
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
};

test("everything has a default, and an empty value is none", () => {
  const settings = parseSettings({ ...memory, PORT: "", HOST: "" });
  expect(settings).toMatchObject({ host: "127.0.0.1", port: 4700, brand: "itsy", logLevel: "info" });
  expect(settings.limits.bodyBytesMax).toBe(65_536);
  expect(settings.limits.connectionsMax).toBe(10_000);
  expect(settings.verifyLeaseMs).toBe(2000);
  expect(settings.bootstrapTokenFile).toBeUndefined();
});

test("every wrong setting is named in one error, and no value is in it", () => {
  const message = refusal({ ...memory, PORT: "70000", BRAND: "Äh", BODY_BYTES_MAX: "12kb", KEEP_ALIVE_MS: "-77" });
  for (const name of ["PORT", "BRAND", "BODY_BYTES_MAX", "KEEP_ALIVE_MS"]) expect(message).toContain(name);
  for (const value of ["70000", "Äh", "12kb", "-77"]) expect(message).not.toContain(value);
});

test("a lease is long enough to be renewed in time", () => {
  expect(parseSettings({ ...memory, VERIFY_LEASE_MS: "60000" }).verifyLeaseMs).toBe(60_000);
  expect(parseSettings(memory).verifyGraceMs).toBe(0);
  expect(parseSettings({ ...memory, VERIFY_GRACE_MS: "30000" }).verifyGraceMs).toBe(30_000);
  expect(refusal({ ...memory, VERIFY_LEASE_MS: "1499" })).toContain("VERIFY_LEASE_MS");
});

test("memory of secrets is bounded in bytes: by its own setting, or by how many there may be", () => {
  const bytes = (env: object) => parseSettings({ ...memory, ...env }).limits.verifyCacheBytesMax;
  expect(bytes({})).toBe(50_000 * 2048);
  expect(bytes({ VERIFY_CACHE_MAX: "1000" })).toBe(1000 * 2048);
  expect(bytes({ VERIFY_CACHE_MAX: "1000", VERIFY_CACHE_BYTES_MAX: "1048576" })).toBe(1_048_576);
  expect(refusal({ ...memory, VERIFY_CACHE_BYTES_MAX: "1048575" })).toContain("VERIFY_CACHE_BYTES_MAX");
});

test("peppers come from the setting, with the highest version or the named one as the current", () => {
  const PEPPERS = `1:${pepper(1)},7:${pepper(7)}`;
  expect(parseSettings({ ...memory, PEPPERS }).peppers.current).toBe(7);
  const { peppers } = parseSettings({ ...memory, PEPPERS, PEPPER_CURRENT: "1" });
  expect(peppers.current).toBe(1);
  expect(peppers.peppers.get(7)).toEqual(new Uint8Array(32).fill(7));
});

test.each([
  ["not of the form", "secret-text"],
  ["at least 32", `1:${Buffer.alloc(31, 1).toString("base64")}`],
  ["two peppers have the version", `1:${pepper(1)},1:${pepper(2)}`],
])("a wrong pepper is refused (%s) and not shown", (reason, PEPPERS) => {
  const message = refusal({ ...memory, PEPPERS });
  expect(message).toContain(reason);
  for (const part of PEPPERS.split(/[:,]/).filter((text) => text.length > 4)) expect(message).not.toContain(part);
});

test("a pepper version that is not there, and two sources of peppers, are refused", () => {
  expect(refusal({ ...memory, PEPPERS: `1:${pepper(1)}`, PEPPER_CURRENT: "2" })).toContain("no pepper of version 2");
  expect(refusal({ ...memory, PEPPERS: `1:${pepper(1)}`, PEPPER_FILE: "x" })).toContain("one of the two");
});

test("on a server there is no default pepper, since the replicas must share it", () => {
  const DATABASE_URL = "mysql://user:hunter2@localhost/keys";
  const message = refusal({ DATABASE_URL });
  expect(message).toContain("PEPPERS or PEPPER_FILE");
  expect(message).not.toContain("hunter2");
  expect(refusal({ DATABASE_URL, PEPPER_FILE: "/does/not/exist" })).toContain("cannot be read");
  expect(parseSettings({ DATABASE_URL, PEPPERS: `1:${pepper(1)}` }).database.type).toBe("mysql");
});

test("beside a new SQLite file a pepper is made, for its owner only, and found again", () => {
  using place = directory();
  const env = { DATABASE_URL: `sqlite:${join(place.path, "keys.db")}` };
  const file = join(place.path, "keys.db.peppers");
  const made = parseSettings(env).peppers.peppers.get(1);
  expect(made?.length).toBe(32);
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  const text = readFileSync(file, "utf8");
  expect(parseSettings(env).peppers.peppers.get(1)).toEqual(made);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("a database whose pepper file is gone is refused: a new pepper would make every key unknown", () => {
  using place = directory();
  const env = { DATABASE_URL: `sqlite:${join(place.path, "keys.db")}` };
  parseSettings(env);
  writeFileSync(join(place.path, "keys.db"), "");
  const file = join(place.path, "keys.db.peppers");
  unlinkSync(file);
  expect(refusal(env)).toContain("bring it back");
  expect(existsSync(file)).toBe(false);
});

test("a pepper file may have comments and several lines", () => {
  using place = directory();
  const file = join(place.path, "peppers");
  writeFileSync(file, `# rotated in spring\n1:${pepper(1)}\n\n2:${pepper(2)}\n`);
  expect([...parseSettings({ ...memory, PEPPER_FILE: file }).peppers.peppers.keys()]).toEqual([1, 2]);
});

test("scanners have a name and a key, maybe two; what is wrong is told by its number", () => {
  const key = Buffer.alloc(32, 0xab).toString("base64");
  const DATABASE_URL = "sqlite::memory:";
  const settings = parseSettings({
    DATABASE_URL,
    LEAK_SCANNERS: `hub:whsec_${key},\n# a comment\nhub:${key}, own:${key}`,
  });
  expect(settings.scannerKeys.map(({ scanner }) => scanner)).toEqual(["hub", "hub", "own"]);
  expect(settings.scannerKeys[0]?.key).toEqual(Buffer.alloc(32, 0xab));
  expect(parseSettings({ DATABASE_URL }).scannerKeys).toEqual([]);
  for (const wrong of [
    key,
    `Hub:${key}`,
    `hub:${key.slice(0, 20)}`,
    `hub:${key},own:${key.repeat(3)}`,
    `${"a".repeat(33)}:${key}`,
  ]) {
    const message = refusal({ DATABASE_URL, LEAK_SCANNERS: wrong });
    expect(message).toMatch(/LEAK_SCANNERS, LEAK_SCANNERS_FILE: entry \d/);
    expect(message).not.toContain(key.slice(0, 8));
  }
  expect(refusal({ DATABASE_URL, LEAK_SCANNERS_FILE: "/does/not/exist" })).toContain("cannot be read");
  expect(refusal({ DATABASE_URL, LEAK_SCANNERS: `a:${key}`, LEAK_SCANNERS_FILE: "x" })).toContain("set one of the two");
});

test("lost peppers are named by their versions", () => {
  const DATABASE_URL = "sqlite::memory:";
  expect(parseSettings({ DATABASE_URL, PEPPERS_LOST: "1,3" }).peppersLost).toEqual([1, 3]);
  expect(parseSettings({ DATABASE_URL }).peppersLost).toEqual([]);
  for (const wrong of ["0", "one", "1,,2", "1 2"])
    expect(refusal({ DATABASE_URL, PEPPERS_LOST: wrong })).toContain("PEPPERS_LOST");
});
