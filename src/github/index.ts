export { apiBaseUrl, GithubUrlError } from "./api-base-url.ts";
export {
  createGithubClient,
  createRepositoryReader,
  type GithubClientOptions,
} from "./create-github-client.ts";
export type { Credentials } from "./credentials.ts";
export {
  AccessBlockedError,
  AppRefusedError,
  BadCredentialsError,
  GithubDeadlineError,
  GithubError,
  MissingPermissionError,
  NameTakenError,
  NotFoundError,
  RateLimitError,
  RefusedError,
  RegistrationLostError,
  RunnerGroupError,
  ScaleSetSessionError,
  ScaleSetsMissingError,
  ScaleSetTakenError,
  UnavailableError,
  type PermissionFacts,
} from "./errors.ts";
export type { RateLimitStore, StoredRateLimit } from "./rate-gate.ts";
export type { CachedPage, EtagStore } from "./etag-store.ts";
export type { TokenSource } from "./github-api.ts";
export { GithubForge } from "./github-forge.ts";
export { isNoFormerJob, type FormerJobs } from "./former-scale-sets.ts";
export type { LeftScaleSets } from "./left-scale-sets.ts";
export {
  ledgerScope,
  parseLedger,
  waitsUntil,
  type KnownScaleSet,
  type ScaleSetLedger,
} from "./scale-set-ledger.ts";
export { ownerLabel } from "./scale-set-owner.ts";
export { UnitScaleSet, type ScaleSetSession, type ScaleSetSettings } from "./unit-scale-set.ts";
export { githubPathText, GithubPathError, parseGithubPath, type GithubPath } from "./path.ts";
export { openDispatcher, type OwnDispatcher } from "./own-dispatcher.ts";
export type { WriteRate } from "./token-bucket.ts";
