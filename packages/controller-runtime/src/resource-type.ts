import type { KubeObject } from "./kube-object.ts";

declare const objectType: unique symbol;

/** Where the API serves a kind, and (for the compiler only) what its objects look like. */
export interface ResourceType<T extends KubeObject> {
  /** `v1` for the core group, else `group/version`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** The lower-case name in the path, for example `configmaps`. */
  readonly plural: string;
  readonly namespaced: boolean;
  readonly [objectType]?: T;
}

/** @example const Widgets = defineResource<Widget>({ apiVersion: "acme.dev/v1", kind: "Widget", plural: "widgets", namespaced: true }) */
export const defineResource = <T extends KubeObject>(type: Omit<ResourceType<T>, typeof objectType>): ResourceType<T> =>
  Object.freeze({ ...type });
