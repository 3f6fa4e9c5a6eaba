export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface TransportRequest {
  readonly method: HttpMethod;
  /** Path and query, from `/api/…` or `/apis/…` on. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  header(name: string): string | null;
  /** The body can be read once, by either. */
  text(): Promise<string>;
  chunks(): AsyncIterable<Uint8Array>;
}

/**
 * Carries requests to one API server. `createKubeClient` builds the real one; give it another to observe requests, to
 * lose answers, or to crash between them in a test.
 */
export interface Transport {
  /** Rejects when no answer came, for whatever reason. */
  send(request: TransportRequest): Promise<TransportResponse>;
  close(): Promise<void>;
}
