import { LxdError, OperationError } from "lxd-client";
import type { BaseImage, InstanceType } from "../runners/ports.ts";
import { BaseImageError, BaseImageServerError } from "./errors.ts";
import { missingProgram } from "./missing-program.ts";

/**
 * What LXD's refusal to start the builder says of its base image; the refusal itself where it says nothing of it. Pure.
 *
 * @param wanted the type of the builder.
 */
export function asBaseImageError(thrown: unknown, base: BaseImage, wanted: InstanceType): unknown {
  if (!(thrown instanceof LxdError) && !(thrown instanceof OperationError)) return thrown;
  if (missingProgram(thrown) !== undefined) return thrown;
  // An alias of the local store names one image, of one type; an image server has both types under one.
  if (/image's type .* doesn't match instance type/i.test(thrown.detail))
    return new BaseImageError(base, { wanted, cause: thrown });
  const isMissing = /alias.*(not found|doesn't exist)|couldn't be found|couldn't find/i.test(thrown.detail);
  if (base.server === undefined) {
    return thrown instanceof LxdError && thrown.notFound && isMissing
      ? new BaseImageError(base, { cause: thrown })
      : thrown;
  }
  if (isMissing) return new BaseImageError(base, { cause: thrown });
  return new BaseImageServerError(base.alias, base.server, { detail: thrown.detail, cause: thrown });
}
