import type { KubeClient } from "@itsy/controller-runtime";

import type { Effects } from "./effects.ts";

/** The client of the event recorder: every Event that is written is the effect `recordEvent`. */
export const withEventEffect = (kube: KubeClient, effects: Effects): KubeClient => ({
  ...kube,
  create: (type, object, options) => effects.run("recordEvent", () => kube.create(type, object, options)),
  // oxlint-disable-next-line max-params -- the signature is the client's
  mergePatch: (type, name, patch, options) =>
    effects.run("recordEvent", () => kube.mergePatch(type, name, patch, options)),
});
