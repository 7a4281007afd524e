/** The error that a promise rejects with. Fails when it resolves, or rejects with anything but an error. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  let value: unknown;
  try {
    value = await promise;
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw new TypeError(`Rejected with a value that is no error: ${String(thrown)}`, { cause: thrown });
  }
  throw new Error(`Resolved with ${JSON.stringify(value)}`);
}
