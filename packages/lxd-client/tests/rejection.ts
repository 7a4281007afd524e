/** What a promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  let value: unknown;
  try {
    value = await promise;
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw new TypeError(`Rejected with what is no error: ${String(thrown)}`, { cause: thrown });
  }
  throw new Error(`Resolved, with ${JSON.stringify(value)}`);
}
