import type { WorkspaceRole } from "@itsy/contract";

/** Who calls, as proven by a credential. Each kind may only ever do what its roles allow (`accessTable`). */
export type Actor = InstallationActor | WorkspaceActor | ClusterActor;

/** From where somebody calls, as far as the edge knows. */
export interface Origin {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Runs the installation: makes workspaces, clusters and tokens; sees no keys. */
export interface InstallationActor {
  readonly kind: "installation";
  readonly tokenId: string;
  readonly role: "operator";
  readonly origin?: Origin;
}

/** Acts inside one workspace, and only there. */
export interface WorkspaceActor {
  readonly kind: "workspace";
  readonly tokenId: string;
  readonly role: WorkspaceRole;
  readonly origin?: Origin;
  readonly workspaceId: string;
}

/** The reconciler of one cluster: acts for the workspaces that the cluster is allowed. */
export interface ClusterActor {
  readonly kind: "cluster";
  readonly tokenId: string;
  readonly role: "reconciler";
  readonly origin?: Origin;
  readonly clusterId: string;
}

/** Whoever tells that a secret was found in public, as proven by a signature. Calls no procedure. */
export interface ScannerActor {
  readonly kind: "scanner";
  /** `scanner:` and the name in the settings. */
  readonly tokenId: string;
  readonly role: "scanner";
  readonly origin?: Origin;
}

export const scannerActor = (name: string, origin: Origin): ScannerActor => ({
  kind: "scanner",
  tokenId: `scanner:${name}`,
  role: "scanner",
  origin,
});

/** The program that prepares an installation, before anybody has a token. */
export const bootstrapActor: InstallationActor = Object.freeze({
  kind: "installation",
  tokenId: "bootstrap",
  role: "operator",
});
