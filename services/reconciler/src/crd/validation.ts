/** A CEL rule of a CRD, with the sentence that the API server answers when it does not hold. */
export interface Validation {
  readonly rule: string;
  readonly message: string;
}

/** Attaches CEL rules to a zod schema: `schema.meta(validations({ rule, message }))`. */
export const validations = (...rules: readonly Validation[]) => ({ "x-kubernetes-validations": rules });

/** The value can be set once and never changed. `field` is named in the message. */
export const immutable = (field: string): Validation => ({
  rule: "self == oldSelf",
  message: `${field} cannot be changed: create another ApiKey instead`,
});
