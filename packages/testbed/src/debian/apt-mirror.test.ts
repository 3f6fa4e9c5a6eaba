import { expect, test } from "vitest";
import { chooseMirror, parseOsRelease } from "./apt-mirror.ts";

test("takes the mirror of Debian itself, not a vendor's repository of the same release", () => {
  const lines = [
    "https://vendor.example/debian/|bookworm|main|Vendor",
    "https://mirror.example/debian/|bookworm|main|Debian",
    "https://mirror.example/security/|bookworm-security|main|Debian",
  ];
  expect(chooseMirror(lines, "bookworm")).toBe("https://mirror.example/debian/");
});

test("before the first apt-get update, when nothing tells its origin, the release's name decides", () => {
  const lines = ["https://vendor.example/|nodistro|main|", "https://mirror.example/debian/|bookworm|main|"];
  expect(chooseMirror(lines, "bookworm")).toBe("https://mirror.example/debian/");
});

test("no source of the release: no mirror", () => {
  expect(chooseMirror(["https://mirror.example/debian/|trixie|main|Debian", ""], "bookworm")).toBeNull();
});

test("reads os-release with and without quotes", () => {
  expect(parseOsRelease('PRETTY_NAME="Debian"\nID=debian\nVERSION_CODENAME="bookworm"\n')).toEqual({
    id: "debian",
    codename: "bookworm",
  });
});
