import { LxdError } from "lxd-client";

/** The object that is being read, or undefined when LXD says that it is not there. */
export async function absentAsUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (thrown instanceof LxdError && thrown.notFound) return undefined;
    throw thrown;
  }
}
