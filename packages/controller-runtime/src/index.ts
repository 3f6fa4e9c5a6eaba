export { type Backoff, type BackoffOptions, fullJitter, halfJitter } from "./backoff.ts";
export {
  type Controller,
  type ControllerHealth,
  type ControllerOptions,
  createController,
  type Reconcile,
  type ReconcileContext,
  type ReconcileOutcome,
} from "./controller.ts";
export { createKubeClient } from "./create-kube-client.ts";
export type { EventNote } from "./event-content.ts";
export {
  createEventRecorder,
  type EventRecorder,
  type EventRecorderOptions,
} from "./event-recorder.ts";
export {
  createHealthHandler,
  type HealthCheck,
  type HealthChecks,
  hasSynced,
  reflectorHears,
  workersMove,
} from "./health.ts";
export type {
  ApplyOptions,
  DeleteOptions,
  KubeClient,
  KubeClientOptions,
  ListOptions,
  ListPage,
  OnRequest,
  RequestOptions,
  SelectionOptions,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./kube-client.ts";
export {
  isAborted,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isNotFound,
  isUnreachable,
  KubeError,
  type KubeErrorCause,
  type KubeErrorInit,
} from "./kube-error.ts";
export type {
  Applied,
  JsonPatchOperation,
  KubeObject,
  KubeTime,
  ManagedFields,
  MergePatch,
  ObjectMeta,
  OwnerReference,
  Stored,
  StoredMeta,
} from "./kube-object.ts";
export {
  createLeaderElector,
  type LeaderElector,
  type LeaderElectorOptions,
  type LeaderOutcome,
} from "./leader-elector.ts";
export { type Logger, silentLogger } from "./logger.ts";
export {
  type ControllerMetrics,
  createRuntimeMetrics,
  type LeaderMetrics,
  type QueueMetrics,
  type ReconcileResult,
  type RuntimeMetrics,
} from "./metrics.ts";
export { formatName, nameOf, type ObjectName, parseName } from "./object-name.ts";
export {
  createReflector,
  type DeltaHandler,
  type Reflector,
  type ReflectorHealth,
  type ReflectorOptions,
} from "./reflector.ts";
export { defineResource, type ResourceType } from "./resource-type.ts";
export {
  type Condition,
  type ConfigMap,
  ConfigMaps,
  type Deployment,
  Deployments,
  type Event,
  Events,
  type LabelSelector,
  type Lease,
  Leases,
  type Namespace,
  Namespaces,
  type ObjectReference,
  type PodTemplate,
  type Secret,
  Secrets,
} from "./resources.ts";
export type { Source } from "./source.ts";
export { createStore, type Delta, type IndexFunction, type Store, type WritableStore } from "./store.ts";
export { type Clock, sleep, systemClock, systemTimers, type Timers } from "./timers.ts";
export type { HttpMethod, Transport, TransportRequest, TransportResponse } from "./transport.ts";
export { createWorkQueue, type WorkItem, type WorkQueue, type WorkQueueOptions } from "./work-queue.ts";
