/** TCP port of the built-in policy on the machine's address of the runners' bridge. */
export const POLICY_PORT = 8470;
