import type { Node } from "./node.ts";
import type { Step } from "./step.ts";

/** Does the step to the replica. */
export const actOn = (node: Node, step: Exclude<Step, { do: "join" | "down" }>, keys: readonly [string, string]) => {
  switch (step.do) {
    case "verify":
      return node.verify(keys[step.key] ?? keys[0]);
    case "change":
      return node.change(keys[step.key] ?? keys[0]);
    case "stop":
      return node.process.stop(step.forMs);
    case "kill":
      return node.process.kill();
    case "leave":
      return node.leave();
    case "cut":
      return node.connection.cut(step.forMs);
    case "delay":
      return node.connection.delay(step.delay);
    default:
      return step satisfies never;
  }
};
