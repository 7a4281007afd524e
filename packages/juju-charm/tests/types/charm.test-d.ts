/** Code that must compile and code that must not, for the types of a charm. Only the compiler runs these tests. */
import {
  Charm,
  defineEvent,
  type ActionEvent,
  type ActionResults,
  type CharmClass,
  type CharmEvent,
  type CharmInstance,
  type CharmTypes,
  type Framework,
  type RelationEvent,
  type StorageEvent,
} from "../../src/index.ts";

interface HelloTypes extends CharmTypes {
  readonly options: { readonly greeting: string; readonly times: number; readonly "log-file"?: string };
  readonly actions: {
    readonly greet: {
      readonly params: { readonly who: string; readonly loud?: boolean };
      readonly results: { readonly greeting: string };
    };
    readonly "count-greetings": {
      readonly params: object;
      readonly results: ActionResults;
    };
  };
  readonly relations: { readonly db: { readonly role: "requires"; readonly interface: "pgsql" } };
  readonly storages: { readonly data: { readonly type: "filesystem"; readonly multiple: false } };
  readonly resources: object;
}

const greeted = defineEvent<{ readonly who: string }>("greeted");

/** Uses a value, which must compile. */
const use = (_value: unknown): void => undefined;

export class HelloCharm extends Charm<HelloTypes> {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.configChanged, this.onConfigChanged);
    framework.observe(this.on.action("greet"), this.onGreet);
    framework.observe(this.on.action("count-greetings"), this.onAction);
    framework.observe(this.on.relation("db").changed, this.onDatabase);
    framework.observe(this.on.storage("data").attached, this.onStorage);
    framework.observe(greeted, (event) => {
      this.log.info("Greeted", { who: event.payload.who });
      // @ts-expect-error: the payload has no such member
      use(event.payload.whom);
    });

    // @ts-expect-error: no such event
    use(this.on.configChange);
    // @ts-expect-error: a misspelt action
    this.on.action("great");
    // @ts-expect-error: a misspelt endpoint
    this.on.relation("bd");
    // @ts-expect-error: an endpoint is not a storage
    this.on.storage("db");
    // @ts-expect-error: no such phase
    use(this.on.relation("db").change);
    // @ts-expect-error: a hook is not an action
    framework.observe(this.on.install, this.onAction);
    // @ts-expect-error: two actions have different parameters
    framework.observe(this.on.action("count-greetings"), this.onGreet);
    // @ts-expect-error: a storage is not a relation
    framework.observe(this.on.storage("data").attached, this.onDatabase);
    // @ts-expect-error: the payload has another type
    void framework.emit(greeted, { whom: "you" });
    // @ts-expect-error: a charm cannot emit Juju's events
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the error under test
    void framework.emit(this.on.install, {});
    framework.observe(
      this.on.install,
      // @ts-expect-error: a handler returns nothing
      (): number => 7,
    );
  }

  readonly onConfigChanged = async (): Promise<void> => {
    const options = await this.config.read();
    const greeting: string = options.greeting.repeat(options.times);
    this.log.info(greeting, { file: options["log-file"] });
    // @ts-expect-error: no such option
    use(options.greting);
    // @ts-expect-error: the option may be unset
    use(options["log-file"].length);
    // @ts-expect-error: a charm cannot change options
    options.times = 3;
  };

  readonly onGreet = async (
    event: ActionEvent<HelloTypes["actions"]["greet"]["params"], { readonly greeting: string }>,
  ) => {
    const { who, loud } = await event.params();
    await event.setResults({ greeting: loud ? who.toUpperCase() : who });
    // @ts-expect-error: no such parameter
    use((await event.params()).whom);
    // @ts-expect-error: no such result
    await event.setResults({ greting: who });
    // @ts-expect-error: a result of the wrong type
    await event.setResults({ greeting: 3 });
  };

  readonly onAction = async (event: ActionEvent<object>): Promise<void> => {
    await event.setResults({ count: 3, last: { who: "you" } });
  };

  readonly onDatabase = ({ relation }: RelationEvent<"db">): void => {
    const { endpoint, id } = relation;
    const exactly: "db" = endpoint;
    this.log.info("Changed", { endpoint: exactly, id });
  };

  readonly onStorage = ({ storage, location }: StorageEvent): void => {
    this.log.info("Attached", { name: storage?.name, location });
  };
}

/** In a charm without types, every name compiles, and values are JSON. */
export class UntypedHelloCharm extends Charm {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.relation("anything").created, this.onEvent);
    framework.observe(this.on.action("anything"), async (event) => {
      const { who } = await event.params();
      // @ts-expect-error: the type is unknown
      who satisfies string;
    });
    framework.observe(this.on.stop, this.onEvent);
  }

  /** A handler for a base event may observe events of subclasses. */
  readonly onEvent = (event: CharmEvent): void => {
    this.log.info("Seen", { event: event.name });
  };
}

/** Charms with any types can be dispatched. */
export const charms: readonly CharmClass[] = [HelloCharm, UntypedHelloCharm];
export const instance = (charm: HelloCharm): CharmInstance => charm;
