import type { Actor } from "@itsy/core";
import type { Request, Response } from "express";

import type { Authenticate } from "../access/token-cache.ts";
import { bearerOf } from "../http/bearer.ts";
import { unauthenticated } from "../http/error-answer.ts";
import type { OriginOf } from "../http/origin.ts";
import { recordOf } from "../http/request-record.ts";

/** What every call knows of its request. */
export interface Context {
  readonly requestId: string;
  /** Who calls; asked once for all calls of a batch. @throws DomainError `UNAUTHENTICATED` */
  readonly caller: () => Promise<Actor>;
}

export const createContextFactory =
  ({ authenticate, originOf }: { readonly authenticate: Authenticate; readonly originOf: OriginOf }) =>
  ({ req, res }: { readonly req: Request; readonly res: Response }): Context => {
    const record = recordOf(res);
    let asked: Promise<Actor> | undefined;
    const ask = async (): Promise<Actor> => {
      const token = bearerOf(req);
      if (token === null) throw unauthenticated();
      const actor = await authenticate(token);
      record.tokenId = actor.tokenId;
      return { ...actor, origin: originOf(req) };
    };
    return { requestId: record.requestId, caller: () => (asked ??= ask()) };
  };
