export { type CallOptions, type ClientOptions, createClient, type ItsyClient } from "./client.ts";
export { ItsyError, type ItsyErrorCode } from "./itsy-error.ts";
