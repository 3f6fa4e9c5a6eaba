import type { ProcedurePath, Role } from "@itsy/contract";

import { DomainError } from "../errors.ts";
import type { Actor } from "./actor.ts";
import { accessTable } from "./table.ts";

/** The actors that a procedure's row of the table admits. */
export type ActorOf<Path extends ProcedurePath> = Extract<Actor, { role: (typeof accessTable)[Path][number] }>;

/** Narrows the caller to one that the table admits. @throws DomainError `FORBIDDEN` for every other. */
export const authorize = <Path extends ProcedurePath>(actor: Actor, path: Path): ActorOf<Path> => {
  const roles: readonly Role[] = accessTable[path];
  if (!roles.includes(actor.role)) throw new DomainError("FORBIDDEN", `the role ${actor.role} may not call ${path}`);
  return actor as ActorOf<Path>;
};
