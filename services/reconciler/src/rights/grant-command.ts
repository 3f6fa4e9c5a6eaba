import { namespaceRules } from "./rights.ts";

/** A refusal by RBAC, as the API server words it (k8s.io/apiserver, `responsewriters.forbiddenMessage`). */
const REFUSAL =
  /User "(?<user>[^"]+)" cannot (?<verb>[a-z]+) resource "(?<resource>[a-z]+)" in API group "(?<group>[a-z0-9.]*)" in the namespace "(?<namespace>[a-z0-9-]+)"/;

/** All verbs at once where the reconciler needs them together: a person should not be asked four times. */
const verbsOf = (resource: string, verb: string): string => {
  const rule = Object.values(namespaceRules).find(({ resources, verbs }) => {
    return resources.some((one) => one === resource) && verbs.some((one) => one === verb);
  });
  return rule === undefined ? verb : rule.verbs.join(",");
};

const subjectOf = (user: string): string => {
  const [system, kind, namespace, name] = user.split(":");
  return system === "system" && kind === "serviceaccount" ? `--serviceaccount=${namespace}:${name}` : `--user=${user}`;
};

/** What was refused for want of a right, in one clause; `null` when the message is about anything else. */
export const missingRight = (message: string): string | null => {
  const { user, verb, resource, namespace } = REFUSAL.exec(message)?.groups ?? {};
  return user === undefined ? null : `${user} may not ${verb} ${resource} in namespace "${namespace}"`;
};

/** Makes the object, or adds to the one of this name what it lacks: a Role of ours with fewer verbs may be there. */
const reconciled = (create: string): string => `${create} --dry-run=client -o yaml | kubectl auth reconcile -f -`;

/**
 * The command that grants what an API server refused for want of a right in a namespace; `null` when the message is
 * about anything else. It goes into a shell: the user's name is quoted where it could be more than a name.
 */
export const grantCommand = (message: string): string | null => {
  const { user, verb, resource, group, namespace } = REFUSAL.exec(message)?.groups ?? {};
  if (user === undefined || verb === undefined || resource === undefined || namespace === undefined) return null;
  if (!/^[A-Za-z0-9:@._-]+$/.test(user)) return null;
  const name = `itsy-reconciler-${resource}`;
  const kind = group ? `${resource}.${group}` : resource;
  return [
    reconciled(`kubectl -n ${namespace} create role ${name} --verb=${verbsOf(resource, verb)} --resource=${kind}`),
    reconciled(`kubectl -n ${namespace} create rolebinding ${name} --role=${name} ${subjectOf(user)}`),
  ].join(" && ");
};
