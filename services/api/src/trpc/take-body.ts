import { TRPCError } from "@trpc/server";
import type { Request, Response } from "express";

import { createBodyBudget } from "../http/body-budget.ts";
import { isJson } from "../http/json-body.ts";
import { type BodyBounds, readBody } from "../http/read-body.ts";

/** Of all bodies under way: who sends one is looked at only when it is here. */
const UNDER_WAY_BYTES_MAX = 16 * 1024 * 1024;

const faults = { PAYLOAD_TOO_LARGE: "PAYLOAD_TOO_LARGE", UNAVAILABLE: "SERVICE_UNAVAILABLE" } as const;

export interface TakenBody {
  /** Empty where there is none, or an error. */
  readonly body: string;
  readonly error: TRPCError | null;
}

const NOTHING: TakenBody = Object.freeze({ body: "", error: null });

const refused = (code: TRPCError["code"]): TakenBody => ({ body: "", error: new TRPCError({ code }) });

/** Reads the body of a call, as far as the bounds allow; calls back once, unless the caller goes away in between. */
export const createTakeBody = (bytesMax: number) => {
  const bounds: BodyBounds = { bytesMax, budget: createBodyBudget(Math.max(bytesMax, UNDER_WAY_BYTES_MAX)) };
  return (req: Request, res: Response, done: (taken: TakenBody) => void): void => {
    if (req.method !== "POST") return done(NOTHING);
    if (!isJson(req)) return done(refused("UNSUPPORTED_MEDIA_TYPE"));
    readBody(req, bounds, (result) => {
      if (result.ok) return done({ body: result.body.toString(), error: null });
      if (result.cutOff) res.setHeader("Connection", "close");
      if (result.code === "UNAVAILABLE") res.setHeader("Retry-After", "1");
      done(refused(faults[result.code]));
    });
  };
};
