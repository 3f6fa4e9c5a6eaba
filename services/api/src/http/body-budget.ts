/** How many bytes of bodies one process keeps for senders who have not shown yet who they are. */
export interface BodyBudget {
  /** Whether so many more are free; then they are taken. */
  readonly take: (bytes: number) => boolean;
  readonly giveBack: (bytes: number) => void;
}

export const createBodyBudget = (bytesMax: number): BodyBudget => {
  let taken = 0;
  return Object.freeze({
    take: (bytes: number) => {
      if (taken + bytes > bytesMax) return false;
      taken += bytes;
      return true;
    },
    giveBack: (bytes: number) => {
      taken -= bytes;
    },
  });
};
