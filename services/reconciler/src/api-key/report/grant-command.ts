/** Rights that only some namespaces give: roles of deploy/kustomize/base, bound where they are wanted. */
export const RESTARTS_ROLE = "itsy-reconciler-restarts";
export const PROPAGATION_ROLE = "itsy-reconciler-propagation";

/** What an administrator of the namespace runs. */
export const grantCommand = (namespace: string, clusterRole: string): string =>
  `kubectl create rolebinding ${clusterRole} -n ${namespace} --clusterrole=${clusterRole} --serviceaccount=itsy-system:itsy-reconciler`;
