import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { EventBus } from "juju-charm";
import { controlHandlers } from "./control/control-handlers.ts";
import { ControlServer } from "./control/control-server.ts";
import type { ControlHandlers, ControlVerb, ControlVerbs } from "./control/control-verbs.ts";
import { APIServer } from "./http/api-server.ts";
import { ArchiveOffer } from "./http/archive-offer.ts";
import type { ArchiveFile } from "./http/archive-offer.ts";
import { sendArchive } from "./http/archive-server.ts";
import { CallerDirectory } from "./http/callers.ts";
import { RateLimits } from "./http/rate-limits.ts";
import type { LoggedRequest } from "./http/request-log.ts";
import type { World } from "./routes/route.ts";
import { RUNNER_SERVICE, RunnerProtocol } from "./runner-protocol/runner-protocol.ts";
import type { RunnerProtocolOptions } from "./runner-protocol/runner-protocol.ts";
import type { ActionsServiceOptions } from "./state/actions-service-options.ts";
import { ActionsService } from "./state/actions-service.ts";
import { ScaleSetServer } from "./http/scale-set-server.ts";
import { RepositoryDirectory } from "./state/repository-settings.ts";
import { ScaleSets } from "./state/scale-sets.ts";
import type { Instants } from "./state/instants.ts";
import { VirtualClock } from "./state/virtual-clock.ts";
import type { Violation } from "./validation/violation.ts";

/** How a stand-in is started. */
export interface GithubStandInOptions {
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** @default 0, which is any free port */
  readonly port?: number;
  /** Where the control plane listens. @default nowhere */
  readonly controlSocket?: string;
  /** Archives of the runner application. @default none */
  readonly archives?: readonly ArchiveFile[];
  readonly service?: ActionsServiceOptions;
  readonly protocol?: RunnerProtocolOptions;
}

const LOGS = "/_services/logs/";
const KEEP_ALIVE_MS = 65_000;

/**
 * GitHub, as far as self-hosted runners see it: its REST API below `/` and `/api/v3`, checked against its official
 * description; its Actions service, which runner applications and autoscalers (by runner scale sets) talk to; and the
 * archive of such an application.
 *
 * What it leaves out: webhooks, changes of labels and groups.
 */
export class GithubStandIn {
  readonly service: ActionsService;
  readonly scaleSets: ScaleSets;
  /** Where tests step in. */
  readonly instants = new EventBus<Instants>();
  readonly #api: APIServer;
  readonly #protocol: RunnerProtocol;
  readonly #scaleSetServer: ScaleSetServer;
  readonly #archives: ArchiveOffer;
  readonly #handlers: ControlHandlers;
  readonly #control: ControlServer;
  readonly #server: Server;

  constructor({ archives = [], service = {}, protocol = {} }: GithubStandInOptions = {}) {
    const clock = new VirtualClock();
    this.service = new ActionsService(clock, service);
    this.#archives = new ArchiveOffer(archives);
    const callers = new CallerDirectory(clock);
    const rateLimits = new RateLimits(clock);
    const { instants } = this;
    this.scaleSets = new ScaleSets(this.service);
    const { scaleSets } = this;
    const world: World = {
      service: this.service,
      scaleSets,
      instants,
      callers,
      rateLimits,
      archives: this.#archives,
      repositories: new RepositoryDirectory(),
    };
    this.#api = new APIServer(world);
    this.#protocol = new RunnerProtocol(world, protocol);
    this.#scaleSetServer = new ScaleSetServer(world, this.#api, protocol);
    this.#handlers = controlHandlers(world, this.#api);
    this.#control = new ControlServer(this.#handlers);
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((thrown: unknown) => {
        response.destroy(thrown as Error);
      });
    });
    // Clients keep connections longer than Node.js does by itself, and would be cut off in the middle of a request.
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
  }

  /** Such as `http://127.0.0.1:8080`; what `github-url` is set to. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return new URL(`http://${address}:${port}`).origin;
  }

  /** All that was asked on GitHub's paths. */
  get requests(): readonly LoggedRequest[] {
    return this.#api.requests;
  }

  /** All that GitHub's description does not allow; a test that used the stand-in properly finds none. */
  get violations(): readonly Violation[] {
    return this.#api.violations;
  }

  /** Carries out a verb of the control plane, as `StandInControl` does from another process. */
  async control<Verb extends ControlVerb>(
    verb: Verb,
    takes: ControlVerbs[Verb]["takes"],
    signal: AbortSignal = AbortSignal.timeout(DEFAULT_PATIENCE_MS),
  ): Promise<ControlVerbs[Verb]["gives"]> {
    const handler: ControlHandlers[Verb] = this.#handlers[verb];
    return handler(takes, signal);
  }

  async listen({ host = "127.0.0.1", port = 0, controlSocket }: GithubStandInOptions = {}): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    if (controlSocket !== undefined) await this.#control.listen(controlSocket);
  }

  /** Ends everything at once, also what is being waited for. */
  async close(): Promise<void> {
    this.#protocol.close();
    this.#scaleSetServer.close();
    this.service.clock.close();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.all([closed, this.#control.close()]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    if (this.#scaleSetServer.serves(path)) {
      await this.#scaleSetServer.answer(request, response);
      return;
    }
    if (path.startsWith(RUNNER_SERVICE)) {
      await this.#protocol.answer(request, response);
      return;
    }
    if (path.startsWith(LOGS)) {
      response.end(this.service.jobs.get(Number(path.slice(LOGS.length)))?.log);
      return;
    }
    const archive = this.#archives.find(path);
    if (archive) await sendArchive(archive, response, this.#api.faults.take("archive", 1)?.fault);
    else await this.#api.answer(request, response);
  }
}

/** How long an in-process wait lasts unless the test says otherwise. */
const DEFAULT_PATIENCE_MS = 45_000;

/** Starts a stand-in in this process and resolves once it listens. */
export async function startGithubStandIn(options: GithubStandInOptions = {}): Promise<GithubStandIn> {
  const standIn = new GithubStandIn(options);
  await standIn.listen(options);
  return standIn;
}
