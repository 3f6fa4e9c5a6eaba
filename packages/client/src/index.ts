export {
  type CallOptions,
  type ClientOptions,
  createClient,
  type Fetch,
  type FetchInit,
  type ItsyClient,
} from "./client.ts";
export { ItsyError, type ItsyErrorCode } from "./itsy-error.ts";
