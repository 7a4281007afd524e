import { ConditionError } from "../../src/index.ts";

/** A condition that says who can end it. */
export class Whole extends ConditionError {
  readonly code = "whole";
  readonly remedy = "retry";
}

// @ts-expect-error: nobody knows who can end it
export class WithoutRemedy extends ConditionError {
  readonly code = "without-remedy";
}

/** There is no such way out. */
export class UnknownRemedy extends ConditionError {
  readonly code = "unknown-remedy";
  // @ts-expect-error: a remedy is a person, the outside or the next try
  readonly remedy = "luck";
}
