/** Loaded by mocha before tests that an emulator runs: gives them time as the emulator takes it. */
import { Runnable } from "mocha";

const FACTOR = Number(process.env["SLOWNESS"]);
/** Limits below this are what a test is about. */
const LEAST_MS = 1000;

const longer = (ms: number): number => (ms < LEAST_MS ? ms : Math.min(ms * FACTOR, 2 ** 31 - 1));

const { prototype } = Runnable;
const timeout = Reflect.get(prototype, "timeout") as (
  this: Runnable,
  ms?: string | number,
) => number | Runnable;
Object.assign(prototype, {
  timeout(this: Runnable, ...words: readonly [(string | number)?]) {
    const [ms] = words;
    return typeof ms === "number" ? timeout.call(this, longer(ms)) : timeout.apply(this, [...words]);
  },
});
const abort = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => abort(longer(ms));
