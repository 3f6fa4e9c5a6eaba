export type { ControlPlane, Credentials, UserRequest } from "./control-plane/control-plane.ts";
export { type ControlPlaneOptions, startControlPlane } from "./control-plane/start.ts";
export { isUnavailable, TestbedNotOwnedError, TestbedUnavailableError } from "./unavailable.ts";
export { type WaitOptions, waitUntil } from "./wait-until.ts";
