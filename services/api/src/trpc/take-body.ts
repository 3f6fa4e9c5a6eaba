import { TRPCError } from "@trpc/server";
import type { Request, Response } from "express";

import { createBodyBudget } from "../http/body-budget.ts";
import { isJson } from "../http/json-body.ts";
import { type BodyBounds, type BodyResult, readBody } from "../http/read-body.ts";

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

/** Reads the body of a call, as far as the bounds allow. Does not end when the caller goes away in between. */
export const createTakeBody = (bytesMax: number) => {
  const bounds: BodyBounds = { bytesMax, budget: createBodyBudget(Math.max(bytesMax, UNDER_WAY_BYTES_MAX)) };
  const read = (req: Request): Promise<BodyResult> => new Promise((resolve) => readBody(req, bounds, resolve));
  return async (req: Request, res: Response): Promise<TakenBody> => {
    if (req.method !== "POST") return NOTHING;
    if (!isJson(req)) return refused("UNSUPPORTED_MEDIA_TYPE");
    const result = await read(req);
    if (result.ok) return { body: result.body.toString(), error: null };
    if (result.cutOff) res.setHeader("Connection", "close");
    if (result.code === "UNAVAILABLE") res.setHeader("Retry-After", "1");
    return refused(faults[result.code]);
  };
};
