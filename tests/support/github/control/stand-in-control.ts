import { request } from "node:http";
import type { ControlVerb, ControlVerbs } from "./control-verbs.ts";
import { readText } from "../http/read-body.ts";

/** Steers a stand-in that runs in another process, over its control socket. */
export class StandInControl {
  readonly #socketPath: string;

  /** @param socketPath where the stand-in's control plane listens. */
  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /**
   * Carries out a verb; those that wait are answered as soon as what they wait for has come.
   *
   * @throws Error with the stand-in's message, or the signal's reason.
   */
  async call<Verb extends ControlVerb>(
    verb: Verb,
    takes: ControlVerbs[Verb]["takes"],
    signal: AbortSignal,
  ): Promise<ControlVerbs[Verb]["gives"]> {
    const { status, text } = await this.#post(`/${verb}`, JSON.stringify(takes), signal);
    const body = JSON.parse(text) as unknown;
    if (status !== 200) throw new Error((body as { readonly message: string }).message);
    return body as ControlVerbs[Verb]["gives"];
  }

  #post(path: string, body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.#socketPath, path, method: "POST", signal, agent: false } as const;
      request(options, (response) => {
        const { statusCode = 0 } = response;
        readText(response).then((text) => {
          resolve({ status: statusCode, text });
        }, reject);
      })
        .on("error", (error) => {
          reject(signal.aborted ? (signal.reason as Error) : error);
        })
        .end(body);
    });
  }
}
