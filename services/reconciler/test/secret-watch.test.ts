import { Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";
import { expect, test } from "vitest";

import { annotations } from "../src/api-key/names.ts";
import { useInstallation } from "./installation.ts";
import { shell } from "./kubectl.ts";
import { type Place, revisionIs, valueOf } from "./world.ts";

const installation = useInstallation();

/** So long that nothing in these tests is found by looking again. */
const RESYNC_MS = 600_000;

const delivered = async (...rights: string[]) => {
  const place = await installation.served({ rights });
  const reconciler = place.run({ watchSecrets: true, resyncMs: RESYNC_MS });
  await place.apply();
  await place.untilReady();
  const lists = () => reconciler.reads.filter((read) => read.endsWith(`/namespaces/${place.namespace}/secrets`));
  // A list, and then the watch from there.
  await waitUntil(() => lists().length >= 2, { what: "Secrets are watched" });
  return Object.assign(place, { lists, [Symbol.asyncDispose]: () => reconciler[Symbol.asyncDispose]() });
};

const website = ({ namespace }: Place) => ({ namespace, name: "website" });

test("with the switch and its rights a deleted Secret is made anew at once, and a changed one, and a stripped one", async () => {
  await using place = await delivered("--watch-secrets");
  await installation.kube.delete(Secrets, website(place));
  await revisionIs(place, 2);
  const data = { apiKey: Buffer.from("by hand").toString("base64") };
  await installation.kube.mergePatch(Secrets, website(place), { metadata: { name: "website" }, data });
  await revisionIs(place, 3);
  expect(place.delivery.verify(valueOf(await place.secret()) ?? "")).toBe(true);
  // Without the label it leaves what is watched.
  const stripped = { labels: null, annotations: { [annotations.keyId]: null } };
  await installation.kube.mergePatch(Secrets, website(place), { metadata: { name: "website", ...stripped } });
  await waitUntil(async () => (await place.secret())?.metadata.labels !== undefined, { what: "the label is back" });
  expect((await place.untilReady()).status?.revision).toBe(3);
});

test("without its rights everything else works; the watch is tried again and starts when they are given", async () => {
  await using place = await delivered();
  await installation.serve(place, "--watch-secrets");
  await installation.kube.delete(Secrets, website(place));
  await revisionIs(place, 2);
});

test("without its rights an event names what is missing and the command that grants it; run as it stands, it helps", async () => {
  await using place = await delivered();
  const told = await waitUntil(
    async () => (await place.events()).find(({ reason }) => reason === "SecretWatchNotPermitted"),
    { what: "the event is there" },
  );
  expect(told.note).toMatch(/may not (list|watch) secrets in namespace/);
  const command = told.note?.split("To grant it: ")[1] ?? "";
  expect(await shell(installation.world.controlPlane, command)).toMatchObject({ code: 0 });
  await installation.kube.delete(Secrets, website(place));
  await revisionIs(place, 2);
});

test("without the switch Secrets are neither listed nor watched", async () => {
  const place = await installation.served({ rights: ["--watch-secrets"] });
  await using reconciler = place.run();
  await place.apply();
  await place.untilReady();
  await place.requestRotation("now");
  await revisionIs(place, 2);
  expect(reconciler.reads.filter((read) => read.endsWith("/secrets"))).toEqual([]);
});
