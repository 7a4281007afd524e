/** The rejection reason of a promise. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
  }
  throw new Error("The promise was not rejected with an error");
}
