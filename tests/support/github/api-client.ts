import type { GithubStandIn } from "./github-stand-in.ts";
import { STANDARD_TOKEN } from "./http/callers.ts";

/** What `generate-jitconfig` answers. */
export interface RegisteredRunner {
  readonly runner: { readonly id: number; readonly status: string; readonly os: string };
  readonly encoded_jit_config: string;
  readonly message?: string;
}

/** A plain client of the stand-in's API, without retries, pages or checks of its own. */
export class APIClient {
  readonly #origin: string;
  readonly #token: string;

  constructor(standIn: GithubStandIn, token = STANDARD_TOKEN) {
    this.#origin = standIn.url;
    this.#token = token;
  }

  /** @param path without the API's prefix. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return fetch(`${this.#origin}/api/v3${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "user-agent": "tests", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Registers a runner just in time. */
  async register(
    name: string,
    { scope = "repos/octo/hello", labels = ["self-hosted", "linux"] } = {},
  ): Promise<RegisteredRunner & { readonly code: number }> {
    const body = { name, runner_group_id: 1, labels };
    const response = await this.call("POST", `/${scope}/actions/runners/generate-jitconfig`, body);
    return { ...((await response.json()) as RegisteredRunner), code: response.status };
  }

  /** The names of one page of the list. */
  async names(query = "", scope = "repos/octo/hello"): Promise<readonly string[]> {
    const response = await this.call("GET", `/${scope}/actions/runners${query}`);
    const { runners } = (await response.json()) as { readonly runners: readonly { readonly name: string }[] };
    return runners.map(({ name }) => name);
  }
}
