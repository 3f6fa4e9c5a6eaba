import { z } from "zod";

/** Letters of one case only: two spellings of one name would be two permissions, and one of them a mistake. */
const WORD = "[a-z0-9][a-z0-9_.-]*";
const NAME = `${WORD}(?::${WORD})*`;
const LENGTH_MAX = 100;

/**
 * What a key may be allowed to do, as the resource server calls it: words with `:` between them, for example `files:read`
 * or `billing:invoices:read`. It means nothing to the service.
 *
 * ```abnf
 * name  = word *( ":" word )          ; 1 to 100 characters in all
 * word  = ( lower / digit ) *( lower / digit / "_" / "." / "-" )
 * grant = name / name ":*" / "*"      ; 1 to 100 characters in all
 * ```
 */
export const PermissionName = z
  .string()
  .max(LENGTH_MAX)
  .regex(new RegExp(`^${NAME}$`), "must be lower-case words with ':' between them, for example files:read");

/** What a key has: a name, or all that begin with one (`files:*`: `files:read` and `files:read:own`, not `files`), or `*`. */
export const Permission = z
  .string()
  .max(LENGTH_MAX)
  .regex(new RegExp(`^(?:\\*|${NAME}(?::\\*)?)$`), "must be the name of a permission such as files:read, files:* or *");

export const PERMISSIONS_MAX = 64;
/** The permissions of a key: a set, whatever its order. None: a key that may do nothing for which one is required. */
export const Permissions = z.array(Permission).max(PERMISSIONS_MAX);

/** The permissions that a request needs, all of them. Without wildcards: what is needed is known. */
export const RequiredPermissions = z.array(PermissionName).max(16);

/**
 * Whether a set of permissions holds the one of this name: by the name itself, or by a wildcard over what it begins with.
 * As many looks as the name has words, however many permissions there are.
 */
export const grants = (permissions: ReadonlySet<string>, name: string): boolean => {
  if (permissions.has(name) || permissions.has("*")) return true;
  for (let colon = name.indexOf(":"); colon !== -1; colon = name.indexOf(":", colon + 1))
    if (permissions.has(`${name.slice(0, colon)}:*`)) return true;
  return false;
};
