import { type ProcedurePath, type Procedures, procedures } from "@itsy/contract";
import { type ActorOf, authorize } from "@itsy/core";
import { type AnyTRPCProcedure, TRPCError } from "@trpc/server";
import type { z } from "zod";

import type { Context } from "./context.ts";
import { trpc } from "./init.ts";

type RowOf<Path extends ProcedurePath> = Path extends `${infer Router extends keyof Procedures}.${infer Name}`
  ? Name extends keyof Procedures[Router]
    ? Procedures[Router][Name]
    : never
  : never;
interface Row {
  readonly type: "query" | "mutation";
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}
type InputOf<Path extends ProcedurePath> =
  RowOf<Path> extends { readonly input: infer I extends z.ZodType } ? z.output<I> : never;
type OutputOf<Path extends ProcedurePath> =
  RowOf<Path> extends { readonly output: infer O extends z.ZodType } ? z.input<O> : never;

/** A use-case as it stands behind a procedure: given the caller that the access table admits, and the checked input. */
type UseCase<Path extends ProcedurePath> = (
  actor: ActorOf<Path>,
  input: InputOf<Path>,
) => OutputOf<Path> | Promise<OutputOf<Path>>;

/**
 * The only way to make a procedure: who may call it comes from the access table, its kind and its schemas from the
 * contract. Whether the caller may call is settled before the input is looked at.
 */
const procedure = <Path extends ProcedurePath>(path: Path, useCase: UseCase<Path>): AnyTRPCProcedure => {
  const [router, name] = path.split(".") as [keyof Procedures, string];
  const { type, input, output } = (procedures[router] as Record<string, Row>)[name] as Row;
  // Both schemas are applied here: each layer of tRPC's own around a call costs as much as the whole check. The input is
  // taken as it came, so that whether the caller may call is settled first.
  const built = trpc.procedure.input((raw: unknown) => raw);
  const resolve = async ({ ctx, input: raw }: { ctx: Context; input: unknown }) => {
    const actor = authorize(await ctx.caller(), path);
    const checked = input.safeParse(raw);
    if (!checked.success) throw new TRPCError({ code: "BAD_REQUEST", cause: checked.error });
    const answer = output.safeParse(await useCase(actor, checked.data as InputOf<Path>));
    if (answer.success) return answer.data;
    throw new Error(`the answer of ${path} does not fit the contract`, { cause: answer.error });
  };
  return type === "query" ? built.query(resolve) : built.mutation(resolve);
};

type Members<Router extends keyof Procedures> = {
  readonly [Name in keyof Procedures[Router] & string]: UseCase<`${Router}.${Name}` & ProcedurePath>;
};

/** A router of the contract: it does not compile unless every one of its procedures is there, and no other. */
export const routerOf = <Router extends keyof Procedures>(router: Router, members: Members<Router>) => {
  const built = Object.entries(members).map(([name, useCase]) => [
    name,
    procedure(`${router}.${name}` as ProcedurePath, useCase as UseCase<ProcedurePath>),
  ]);
  return trpc.router(Object.fromEntries(built) as Record<string, AnyTRPCProcedure>);
};
