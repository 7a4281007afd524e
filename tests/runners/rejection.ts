/** What a promise is rejected with. Fails when it is not rejected at all, or not with an Error. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => "nothing",
    (thrown: unknown) => thrown,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error(`Expected a rejection with an Error, got ${String(outcome)}`);
}
