import { keepTickShape } from "./adapters/next-tick.ts";

keepTickShape();
await import("./run.ts");
