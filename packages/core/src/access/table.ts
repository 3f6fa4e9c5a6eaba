import type { ProcedurePath, Role } from "@itsy/contract";

/**
 * Who may call what: one row for each procedure, and nothing that is not here (default deny).
 * A procedure without a row does not compile.
 */
export const accessTable = {
  "keys.create": ["admin", "developer"],
  "keys.get": ["admin", "developer", "viewer"],
  "keys.list": ["admin", "developer", "viewer"],
  "keys.count": ["admin", "developer", "viewer"],
  "keys.rotate": ["admin", "developer"],
  "keys.revoke": ["admin", "developer"],
  "keys.update": ["admin", "developer"],
  "keys.pause": ["admin", "developer"],
  "keys.resume": ["admin", "developer"],
  "keys.finishOverlap": ["admin", "developer"],
  "keys.delete": ["admin"],
  "keys.revokeMany": ["admin", "developer"],
  "keys.pauseMany": ["admin", "developer"],
  "keys.deleteMany": ["admin"],
  "keys.verify": ["admin", "verifier"],
  "workspaces.create": ["operator"],
  "workspaces.list": ["operator", "admin", "developer", "viewer"],
  "workspaces.get": ["operator", "admin", "developer", "viewer"],
  "workspaces.update": ["operator", "admin"],
  "projects.create": ["admin"],
  "projects.list": ["admin", "developer", "viewer"],
  "clusters.create": ["operator"],
  "clusters.list": ["operator"],
  "clusters.allow": ["operator"],
  "clusters.disallow": ["operator"],
  "tokens.create": ["operator", "admin"],
  "tokens.list": ["operator", "admin"],
  "tokens.revoke": ["operator", "admin"],
  "audit.list": ["operator", "admin"],
  "delivery.observe": ["reconciler"],
  "delivery.register": ["reconciler"],
  "delivery.confirm": ["reconciler"],
  "delivery.configure": ["reconciler"],
  "delivery.release": ["reconciler"],
  "delivery.adopt": ["reconciler"],
} as const satisfies Record<ProcedurePath, readonly Role[]>;
