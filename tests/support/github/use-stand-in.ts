import { APIClient } from "./api-client.ts";
import { startGithubStandIn, type GithubStandIn } from "./github-stand-in.ts";

/** A stand-in and a client of it. */
export interface StandInFixture {
  readonly standIn: GithubStandIn;
  readonly client: APIClient;
}

/** Starts a stand-in for each test of the surrounding suite, and closes it. Call inside `describe`. */
export function useStandIn(): StandInFixture {
  let standIn: GithubStandIn;
  let client: APIClient;
  beforeEach(async () => {
    standIn = await startGithubStandIn();
    client = new APIClient(standIn);
  });
  afterEach(() => standIn.close());
  return {
    get standIn() {
      return standIn;
    },
    get client() {
      return client;
    },
  };
}
