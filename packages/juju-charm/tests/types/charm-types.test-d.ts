// Errors that the compiler must find in a charm with generated types: `npm run types` fails when one compiles.
import type { GithubRunnerTypes } from "../../../../src/charm/metadata.generated.ts";
import {
  Charm,
  type ActionEventOf,
  type CharmEvent,
  type EndpointOf,
  type Framework,
  type JujuSecret,
  type RelationEvent,
  type UntypedCharm,
} from "../../src/index.ts";

interface SecretiveTypes extends Omit<UntypedCharm, "options"> {
  readonly options: { readonly key?: `secret:${string}`; readonly text: string };
}

export class SecretiveCharm extends Charm<SecretiveTypes> {
  readonly onEvent = async (): Promise<void> => {
    const secret: JujuSecret | undefined = await this.config.secret("key");
    // @ts-expect-error: the option is not of the type secret
    use(secret, await this.config.secret("text"));
  };
}

declare function use(...values: readonly unknown[]): void;

export class TypedCharm extends Charm<GithubRunnerTypes> {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.configChanged, this.onConfigChanged);
    framework.observe(this.on.action("flush-runners"), this.onFlush);
    framework.observe(this.on.relation("debug-ssh").changed, this.onChanged);
    framework.observe(this.on.storage("runner").attached, this.onEvent);

    // @ts-expect-error: the charm has no action of this name
    this.on.action("flush-runner");
    // @ts-expect-error: the charm has no endpoint of this name
    this.on.relation("debug-shh");
    // @ts-expect-error: the charm has no storage of this name
    this.on.storage("runners");
    void this.model.network("debug-ssh");
    void this.model.network("juju-info");
    // @ts-expect-error: the charm has no binding of this name
    void this.model.network("debug-shh");
    // @ts-expect-error: Juju has no such event
    this.on.configChange;
    // @ts-expect-error: an endpoint has no such event
    this.on.relation("debug-ssh").change;
    // @ts-expect-error: the event of a hook has no parameters
    framework.observe(this.on.install, this.onFlush);
    // @ts-expect-error: two actions have different parameters
    framework.observe(this.on.action("collect-logs"), this.onFlush);
  }

  readonly onConfigChanged = async (): Promise<void> => {
    const options = await this.config.read();
    const path: string = options.path;
    const cpus: number = options["vm-cpu"];
    // @ts-expect-error: the charm has no option of this name
    use(options["vm-cpus"]);
    // @ts-expect-error: the option is a number
    const text: string = options["vm-cpu"];
    // @ts-expect-error: a charm cannot change options
    options.path = text;
    use(path, cpus);
    // @ts-expect-error: the option is not of the type secret
    use(await this.config.secret("path"));
  };

  readonly onFlush = async (event: ActionEventOf<GithubRunnerTypes, "flush-runners">): Promise<void> => {
    const { mode } = await event.params();
    // @ts-expect-error: the action has no such mode
    if (mode === "bussy") return;
    // @ts-expect-error: the action has no parameter of this name
    use((await event.params()).force);
  };

  readonly onChanged = (event: RelationEvent<"debug-ssh">): void => {
    const endpoint: "debug-ssh" = event.relation.endpoint;
    use(endpoint);
  };

  readonly onEvent = (event: CharmEvent): void => {
    use(event);
  };
}

/** In a charm without types, every name compiles, and values are JSON. */
export class UntypedProbe extends Charm {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.action("anything"), async (event) => {
      const { mode } = await event.params();
      // @ts-expect-error: a parameter may be any JSON
      const text: string = mode;
      use(text);
    });
  }
}

/** A library is for endpoints with its interface; a charm without types may name any. */
export const endpoint: EndpointOf<GithubRunnerTypes, "debug-ssh"> = "debug-ssh";
// @ts-expect-error: the endpoint has another interface
export const other: EndpointOf<GithubRunnerTypes, "tls-certificates"> = "debug-ssh";
export const any: EndpointOf<UntypedCharm, "tls-certificates"> = "anything";
