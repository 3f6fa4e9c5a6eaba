import { z } from "zod";

import { AuditPage, ListAuditInput } from "./audit.ts";
import { ClusterAccessInput, ClusterList, ClusterView, CreateClusterInput } from "./clusters.ts";
import * as delivery from "./delivery.ts";
import {
  DeletedKey,
  DeleteKeyInput,
  DeleteKeysInput,
  KeyRefs,
  ManyDeletedResult,
  ManyKeysResult,
  UpdateKeyInput,
} from "./key-changes.ts";
import { KeyHealthInput, KeyHealthPage } from "./key-health.ts";
import { CountKeysInput, KeyCounts, KeyPage, ListKeysInput } from "./key-list.ts";
import { CreateKeyInput, IssuedKey, KeyRef, KeyView, RevokedKey, RotatedKey, RotateKeyInput } from "./keys.ts";
import { PepperHolders, PepperHoldersInput, PepperReport, RetiredPepper, RetirePepperInput } from "./peppers.ts";
import {
  CreateProjectInput,
  DeletedProject,
  ProjectList,
  ProjectRef,
  ProjectView,
  UpdateProjectInput,
} from "./projects.ts";
import { CreateTokenInput, IssuedToken, ListTokensInput, RevokedToken, TokenPage, TokenRef } from "./tokens.ts";
import { UsageInput, UsageSeries } from "./usage.ts";
import { Verification, VerifyInput } from "./verification.ts";
import {
  CreateWorkspaceInput,
  ListWorkspacesInput,
  SetQuotaInput,
  UpdateWorkspaceInput,
  WorkspacePage,
  WorkspaceRef,
  WorkspaceView,
} from "./workspaces.ts";

const query = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) =>
  ({ type: "query", input, output }) as const;
const mutation = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) =>
  ({ type: "mutation", input, output }) as const;
const Nothing = z.strictObject({});

/**
 * Every procedure of the management API: what it takes and what it answers. The service's routers, the access table
 * and the typed client are all held against this one table.
 */
export const procedures = {
  keys: {
    create: mutation(CreateKeyInput, IssuedKey),
    get: query(KeyRef, KeyView),
    list: query(ListKeysInput, KeyPage),
    count: query(CountKeysInput, KeyCounts),
    usage: query(UsageInput, UsageSeries),
    health: query(KeyHealthInput, KeyHealthPage),
    rotate: mutation(RotateKeyInput, RotatedKey),
    update: mutation(UpdateKeyInput, RevokedKey),
    pause: mutation(KeyRef, RevokedKey),
    resume: mutation(KeyRef, KeyView),
    finishOverlap: mutation(KeyRef, RevokedKey),
    revoke: mutation(KeyRef, RevokedKey),
    delete: mutation(DeleteKeyInput, DeletedKey),
    revokeMany: mutation(KeyRefs, ManyKeysResult),
    pauseMany: mutation(KeyRefs, ManyKeysResult),
    deleteMany: mutation(DeleteKeysInput, ManyDeletedResult),
    verify: mutation(VerifyInput, Verification),
  },
  workspaces: {
    create: mutation(CreateWorkspaceInput, WorkspaceView),
    get: query(WorkspaceRef, WorkspaceView),
    list: query(ListWorkspacesInput, WorkspacePage),
    update: mutation(UpdateWorkspaceInput, WorkspaceView),
    setQuota: mutation(SetQuotaInput, WorkspaceView),
  },
  projects: {
    create: mutation(CreateProjectInput, ProjectView),
    list: query(Nothing, ProjectList),
    update: mutation(UpdateProjectInput, ProjectView),
    delete: mutation(ProjectRef, DeletedProject),
  },
  clusters: {
    create: mutation(CreateClusterInput, ClusterView),
    list: query(Nothing, ClusterList),
    allow: mutation(ClusterAccessInput, ClusterView),
    disallow: mutation(ClusterAccessInput, ClusterView),
  },
  tokens: {
    create: mutation(CreateTokenInput, IssuedToken),
    list: query(ListTokensInput, TokenPage),
    revoke: mutation(TokenRef, RevokedToken),
  },
  peppers: {
    report: query(Nothing, PepperReport),
    holders: query(PepperHoldersInput, PepperHolders),
    retire: mutation(RetirePepperInput, RetiredPepper),
  },
  audit: {
    list: query(ListAuditInput, AuditPage),
  },
  delivery: {
    observe: query(delivery.ObserveInput, delivery.DeliveryView),
    register: mutation(delivery.RegisterInput, delivery.RegisterOutcome),
    confirm: mutation(delivery.ConfirmInput, delivery.ConfirmOutcome),
    configure: mutation(delivery.ConfigureInput, delivery.ConfigureOutcome),
    release: mutation(delivery.ReleaseInput, delivery.ReleaseOutcome),
    adopt: mutation(delivery.AdoptInput, delivery.AdoptOutcome),
    retire: mutation(delivery.RetireInput, delivery.RetireOutcome),
  },
} as const;

export type Procedures = typeof procedures;

/** `keys.create`, `delivery.confirm`, … */
export type ProcedurePath = {
  [Router in keyof Procedures]: `${Router}.${keyof Procedures[Router] & string}`;
}[keyof Procedures];

export const procedurePaths: readonly ProcedurePath[] = Object.entries(procedures).flatMap(([router, members]) =>
  Object.keys(members).map((name) => `${router}.${name}` as ProcedurePath),
);
