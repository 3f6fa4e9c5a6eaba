import { TRPCError } from "@trpc/server";
import type { RequestHandler } from "express";

import { createBodyBudget } from "../http/body-budget.ts";
import { isJson } from "../http/json-body.ts";
import { type BodyBounds, readBody } from "../http/read-body.ts";

/** Of all bodies under way: who sends one is looked at only when it is here. */
const UNDER_WAY_BYTES_MAX = 16 * 1024 * 1024;

const faults = { PAYLOAD_TOO_LARGE: "PAYLOAD_TOO_LARGE", UNAVAILABLE: "SERVICE_UNAVAILABLE" } as const;

/** Reads the body before tRPC, which would keep as much as each of any number of senders likes to send. */
export const createTakeBody = (bytesMax: number): RequestHandler => {
  const bounds: BodyBounds = { bytesMax, budget: createBodyBudget(Math.max(bytesMax, UNDER_WAY_BYTES_MAX)) };
  return (req, res, next) => {
    // What stands here tRPC does not read itself.
    req.body = "";
    if (req.method !== "POST") return next();
    if (!isJson(req)) return next(new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE" }));
    readBody(req, bounds, (result) => {
      if (result.ok) req.body = result.body.toString();
      else if (result.cutOff) res.setHeader("Connection", "close");
      if (!result.ok && result.code === "UNAVAILABLE") res.setHeader("Retry-After", "1");
      next(result.ok ? undefined : new TRPCError({ code: faults[result.code] }));
    });
  };
};
