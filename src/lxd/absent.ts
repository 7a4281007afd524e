import { LxdError } from "lxd-client";

/** Returns the object, or undefined when LXD answers 404. */
export async function absentAsUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (thrown instanceof LxdError && thrown.notFound) return undefined;
    throw thrown;
  }
}
