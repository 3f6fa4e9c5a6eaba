import type { InMemoryDelivery } from "./in-memory-delivery.ts";

/** The same service; `before` is told by which ApiKey, by its uid, it is asked first or registered with, and may fail it. */
export const onOwnerCalls = (
  delivery: InMemoryDelivery,
  before: (name: "observe" | "register", uid: string) => Promise<void> | void,
): InMemoryDelivery => {
  const calls = delivery.client.delivery;
  const observe: typeof calls.observe = async (input, ...rest) => {
    await before("observe", input.ownerUid);
    return calls.observe(input, ...rest);
  };
  const register: typeof calls.register = async (input, ...rest) => {
    await before("register", input.owner.uid);
    return calls.register(input, ...rest);
  };
  return { ...delivery, client: { ...delivery.client, delivery: { ...calls, observe, register } } };
};
