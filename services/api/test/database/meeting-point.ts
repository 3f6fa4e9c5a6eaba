/** Resolves for everybody when so many have arrived; later arrivals pass. */
export const createMeetingPoint = (parties: number): (() => Promise<void>) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    arrived += 1;
    if (arrived >= parties) resolve();
    return promise;
  };
};
