import { expect, test } from "vitest";
import { moduleHash } from "./module-hash.ts";

test("a module's hash is the one that the checksum database has", () => {
  const goMod = Buffer.from("module golang.org/toolchain\n");
  // There as golang.org/toolchain v0.0.1-go1.26.11.linux-amd64/go.mod
  expect(moduleHash({ "go.mod": goMod })).toBe("h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=");
});

test("it goes by names and contents, not by the order in which a zip has them", () => {
  const [a, b] = [Buffer.from("a"), Buffer.from("b")];
  expect(moduleHash({ "m/b": b, "m/a": a })).toBe(moduleHash({ "m/a": a, "m/b": b }));
  expect(moduleHash({ "m/a": b, "m/b": a })).not.toBe(moduleHash({ "m/a": a, "m/b": b }));
});
