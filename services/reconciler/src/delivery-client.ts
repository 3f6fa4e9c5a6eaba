import type { ItsyClient } from "@itsy/client";
import type {
  ConfigureInput,
  ConfigureOutcome,
  ConfirmInput,
  ConfirmOutcome,
  DeliveryView,
  ObserveInput,
  RegisterInput,
  RegisterOutcome,
  ReleaseInput,
  ReleaseOutcome,
} from "@itsy/contract";
import Bottleneck from "bottleneck";

interface DeliveryCall {
  /** Of the ApiKey: calls wait in a line of their namespace. */
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** The service's side of a delivery. Every call is idempotent and throws `ItsyError`. */
export interface DeliveryClient {
  observe(input: ObserveInput, call: DeliveryCall): Promise<DeliveryView>;
  register(input: RegisterInput, call: DeliveryCall): Promise<RegisterOutcome>;
  confirm(input: ConfirmInput, call: DeliveryCall): Promise<ConfirmOutcome>;
  configure(input: ConfigureInput, call: DeliveryCall): Promise<ConfigureOutcome>;
  release(input: ReleaseInput, call: DeliveryCall): Promise<ReleaseOutcome>;
}

export interface DeliveryClientOptions {
  readonly client: Pick<ItsyClient, "delivery">;
  /** Calls at the same time, over all namespaces. */
  readonly concurrency: number;
  /** Calls at the same time of one namespace. */
  readonly namespaceConcurrency: number;
}

/** A namespace's line is forgotten when it was empty for so long. */
const LINE_IDLE_MS = 300_000;

/**
 * Calls to the service, in one line for each namespace, and all lines behind one root: a namespace with thousands of
 * ApiKeys has a few calls in the root's line at any time, so the others get their turn.
 */
export const createDeliveryClient = (options: DeliveryClientOptions): DeliveryClient => {
  const { client, concurrency, namespaceConcurrency } = options;
  const root = new Bottleneck({ maxConcurrent: concurrency });
  const lines = new Bottleneck.Group({ maxConcurrent: namespaceConcurrency, timeout: LINE_IDLE_MS });
  lines.on("created", (line: Bottleneck) => void line.chain(root));
  const { delivery } = client;
  const inLine = <T>({ namespace, signal }: DeliveryCall, call: (options: { signal: AbortSignal }) => Promise<T>) =>
    lines.key(namespace).schedule(() => call({ signal }));
  return Object.freeze({
    observe: (input, call) => inLine(call, (options) => delivery.observe(input, options)),
    register: (input, call) => inLine(call, (options) => delivery.register(input, options)),
    confirm: (input, call) => inLine(call, (options) => delivery.confirm(input, options)),
    configure: (input, call) => inLine(call, (options) => delivery.configure(input, options)),
    release: (input, call) => inLine(call, (options) => delivery.release(input, options)),
  } satisfies DeliveryClient);
};
