/** What a charm's types must let pass, and what must not compile. The compiler is the test: nothing here runs. */
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

/** Looks at a value: reading it has to compile. */
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
    // @ts-expect-error: an endpoint is no storage
    this.on.storage("db");
    // @ts-expect-error: no such phase
    use(this.on.relation("db").change);
    // @ts-expect-error: a hook is no action
    framework.observe(this.on.install, this.onAction);
    // @ts-expect-error: an action's parameters are its own
    framework.observe(this.on.action("count-greetings"), this.onGreet);
    // @ts-expect-error: storage is no relation
    framework.observe(this.on.storage("data").attached, this.onDatabase);
    // @ts-expect-error: an event's payload has its form
    void framework.emit(greeted, { whom: "you" });
    // @ts-expect-error: events of Juju are not for the charm to emit
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- that is what must not compile
    void framework.emit(this.on.install, {});
    framework.observe(
      this.on.install,
      // @ts-expect-error: a handler gives nothing back
      (): number => 7,
    );
  }

  readonly onConfigChanged = async (): Promise<void> => {
    const options = await this.config.read();
    const told: string = options.greeting.repeat(options.times);
    this.log.info(told, { file: options["log-file"] });
    // @ts-expect-error: no such option
    use(options.greting);
    // @ts-expect-error: the option may be unset
    use(options["log-file"].length);
    // @ts-expect-error: options are set by people, not by the charm
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

/** A charm without types takes every name, and JSON. */
export class UntypedHelloCharm extends Charm {
  constructor(framework: Framework) {
    super(framework);
    framework.observe(this.on.relation("anything").created, this.onEvent);
    framework.observe(this.on.action("anything"), async (event) => {
      const { who } = await event.params();
      // @ts-expect-error: nobody knows what it is
      who satisfies string;
    });
    framework.observe(this.on.stop, this.onEvent);
  }

  /** A handler of less may observe more. */
  readonly onEvent = (event: CharmEvent): void => {
    this.log.info("Seen", { event: event.name });
  };
}

/** Charms of whatever types can be dispatched. */
export const charms: readonly CharmClass[] = [HelloCharm, UntypedHelloCharm];
export const instance = (charm: HelloCharm): CharmInstance => charm;
