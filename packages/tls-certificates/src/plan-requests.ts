import type { Answer } from "./provider-data.ts";
import type { SigningRequest } from "./signing-request.ts";

/** A signing request that the provider can see, with what it has answered. */
export interface Pending {
  readonly request: SigningRequest;
  readonly answer: Answer | undefined;
  /** Whether a new certificate is due. */
  readonly isDue: boolean;
}

/** What to change in the data that the provider sees. */
export interface RequestPlan {
  readonly keep: readonly Pending[];
  readonly drop: readonly Pending[];
  /** Fingerprints of the requests to make, one each. */
  readonly make: readonly string[];
}

/**
 * Decides which requests to make and which to withdraw. A renewal is requested beside the certificate in use, which is
 * withdrawn when the new one is there: providers take back certificates whose requests have gone.
 *
 * @param pending in the order of their making.
 */
export function planRequests(wanted: readonly string[], pending: readonly Pending[]): RequestPlan {
  const all = [...new Set(wanted)].map((fingerprint) => {
    const own = pending.filter(({ request }) => request.fingerprint === fingerprint);
    const latest = own.at(-1);
    const used = own.findLast(({ answer }) => answer && !answer.isRevoked);
    const makes = latest === undefined || latest.isDue;
    return { fingerprint, makes, keep: own.filter((each) => each === latest || each === used) };
  });
  const keep = pending.filter((each) => all.some((one) => one.keep.includes(each)));
  return {
    keep,
    drop: pending.filter((each) => !keep.includes(each)),
    make: all.filter(({ makes }) => makes).map(({ fingerprint }) => fingerprint),
  };
}
