export { type CallOptions, createClient, type ItsyClient } from "./client.ts";
export type { Fetch, FetchAnswer, FetchInit } from "./exchange.ts";
export { ItsyError, type ItsyErrorCode } from "./itsy-error.ts";
export type { ClientOptions } from "./options.ts";
