export { type Availability, availability, type SourceFinding } from "./availability.ts";
export type { ControlPlane, Credentials, UserRequest } from "./control-plane/control-plane.ts";
export { type ControlPlaneOptions, startControlPlane } from "./control-plane/start.ts";
export type { DatabaseServer, TestDatabase } from "./database/database-server.ts";
export { type DatabaseOptions, startMariadb, startMysql } from "./database/start.ts";
export { createDatabaseOn } from "./database/test-database.ts";
export { findKubectl, type KubectlOptions } from "./kubectl/find.ts";
export { type Nginx, type NginxOptions, startNginx } from "./nginx/start.ts";
export type { Container, LogLine, Node } from "./node/node.ts";
export { whyNoNode } from "./node/sources.ts";
export { type NodeOptions, startNode } from "./node/start.ts";
export { createOutsideProgram, type OutsideProgram } from "./outside/outside-program.ts";
export { dieWithParent } from "./process/die-with-parent.ts";
export {
  type ProvidedControlPlane,
  type ProvidedDatabase,
  type ProvidedServers,
  provideServers,
  type ServersWanted,
} from "./provide-servers.ts";
export { isUnavailable, TestbedNotOwnedError, TestbedUnavailableError } from "./unavailable.ts";
export { type WaitOptions, waitUntil } from "./wait-until.ts";
