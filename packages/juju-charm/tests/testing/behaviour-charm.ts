/* eslint-disable @typescript-eslint/unbound-method -- Charm binds methods */
import {
  Charm,
  type ActionEvent,
  type CharmEvent,
  type Framework,
  type JsonValue,
  type StateSlot,
} from "../../src/index.ts";
import { CodedError, Secret } from "charm-kit";

class ProbeError extends CodedError {
  readonly code = "probe";
}

const count: StateSlot<number> = {
  name: "count",
  parse: (stored) => (typeof stored === "number" ? stored : 0),
};

/** A task of the charm. Its result becomes the message of the status. */
type Task = (charm: ProbeCharm, event: CharmEvent) => Promise<JsonValue | undefined>;

const text = (fields: Readonly<Record<string, Secret>>) =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value.reveal()]));
const fields = (content: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(content).map(([key, value]) => [key, new Secret(value)]));
const outcomeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return "done";
  } catch (thrown) {
    return thrown instanceof CodedError ? thrown.code : String(thrown);
  }
};

async function writeEverything({ framework: { tools, state } }: ProbeCharm): Promise<JsonValue> {
  await tools.relationSet(1, "unit", { all: "written", "private-address": "" });
  await tools.openPort({ protocol: "tcp", from: 80, to: 80 });
  await tools.closePort({ protocol: "udp", from: 53, to: 53 });
  await tools.stateSet({ all: "written" });
  await tools.stateDelete("old");
  await tools.storageAdd("disks", 2);
  await state.write(count, (await state.read(count)) + 1);
  return {
    bag: await tools.relationGet(1, "probe/0"),
    ports: (await tools.openedPorts()).length,
    state: await tools.stateGet(),
  };
}

export const TASKS = {
  nothing: () => Promise.resolve(undefined),

  "return the configuration": ({ framework }) => framework.tools.configGet(),

  "write everything, then fail": async ({ framework: { tools, state } }) => {
    await tools.relationSet(1, "unit", { half: "written" });
    await tools.openPort({ protocol: "tcp", from: 80, to: 80 });
    await tools.stateSet({ half: "written" });
    await tools.secretAdd(fields({ half: "written" }), "unit", {});
    await state.write(count, 7);
    await tools.applicationVersionSet("1.2");
    await tools.storageAdd("disks", 1);
    await tools.statusSet({ name: "maintenance", message: "writing" });
    throw new ProbeError("Cannot go on: it is over");
  },

  "write everything": writeEverything,

  "write everything, then fail on purpose": async (charm) => {
    await writeEverything(charm);
    await charm.framework.tools.actionFail("No luck");
    return undefined;
  },

  "request a restart, then fail": async ({ framework: { tools } }) => {
    await tools.reboot();
    throw new ProbeError("Cannot go on: it is over");
  },

  "fail on purpose, then throw": async ({ framework: { tools } }) => {
    await tools.actionFail("No luck");
    throw new ProbeError("Cannot go on: it is over");
  },

  "read relations": async ({ framework: { tools } }) => ({
    ids: await tools.relationIDs("db"),
    units: await tools.relationUnits(1),
    app: (await tools.relationApp(1)) ?? null,
    departing: await outcomeOf(() => tools.relationGet(1, "pg/1")),
    appData: await tools.relationGet(1, "pg"),
    model: await tools.relationModel(1),
  }),

  "try forbidden operations": async ({ framework: { tools } }) => ({
    ownApp: await outcomeOf(() => tools.relationGet(1, "probe")),
    peerApp: await outcomeOf(() => tools.relationGet(2, "probe")),
    stranger: await outcomeOf(() => tools.relationGet(1, "mysql/0")),
    noRelation: await outcomeOf(() => tools.relationUnits(99)),
    appStatus: await outcomeOf(() => tools.applicationStatusSet({ name: "active", message: "" })),
    appSecret: await outcomeOf(() => tools.secretAdd(fields({ key1: "value" }), "application", {})),
    credential: await outcomeOf(() => tools.credentialGet()),
    action: await outcomeOf(() => tools.actionGet()),
    resource: await outcomeOf(() => tools.resourceGet("tool")),
  }),

  "write as the leader": async ({ framework: { tools } }) => {
    await tools.relationSet(1, "app", { key: "value" });
    return undefined;
  },

  "share as the leader": async ({ framework: { tools } }) => {
    await tools.relationSet(2, "app", { leader: "probe/0" });
    await tools.applicationStatusSet({ name: "active", message: "led" });
    return { leader: await tools.isLeader(), bag: await tools.relationGet(2, "probe") };
  },

  "read a secret": async ({ framework: { tools } }) => {
    const tracked = text(await tools.secretGet({ label: "key" }, "tracked"));
    const peeked = text(await tools.secretGet({ label: "key" }, "peek"));
    const still = text(await tools.secretGet({ label: "key" }, "tracked"));
    return { tracked, peeked, still };
  },

  "refresh a secret, then fail": async ({ framework: { tools } }) => {
    await tools.secretGet({ label: "key" }, "latest");
    throw new ProbeError("Cannot go on: it is over");
  },

  "rotate a secret": async ({ framework: { tools } }) => {
    const { id } = await tools.secretInfo({ label: "key" });
    await tools.secretSet(id, { content: fields({ password: "new" }), description: "rotated" });
    await tools.secretGrant(id, { relation: 1 });
    return {
      plain: text(await tools.secretGet(id, "tracked")),
      peeked: text(await tools.secretGet(id, "peek")),
      access: (await tools.secretInfo({ id })).access.map(({ target }) => target),
    };
  },

  "add a secret": async ({ framework: { tools } }) => {
    const uri = await tools.secretAdd(fields({ password: "fresh" }), "unit", {
      label: "made",
      rotate: "monthly",
      expire: { seconds: 60 },
    });
    return text(await tools.secretGet(uri, "tracked"));
  },

  "set another's secret": async ({ framework: { tools } }) => {
    await tools.secretSet("secret:0000000000000000007g", { content: fields({ password: "stolen" }) });
    await tools.stateSet({ half: "written" });
    return undefined;
  },

  "read everything else": async ({ framework: { tools } }) => ({
    storages: await tools.storageList(),
    data: { ...(await tools.storageGet("data/0")) },
    resource: await tools.resourceGet("tool"),
    ingress: (await tools.networkGet("admin")).ingressAddresses,
    address: await tools.unitGet("private-address"),
    units: Object.keys((await tools.goalState()).units),
    status: (await tools.statusGet()).name,
  }),

  "count planned units": async ({ framework: { tools }, app }) => {
    const { units } = await tools.goalState();
    const states = Object.entries(units).map(([name, { status }]) => [name, status] as const);
    return { units: Object.fromEntries(states), planned: await app.plannedUnits() };
  },

  "defer it": (_charm, event) => {
    event.defer();
    return Promise.resolve(undefined);
  },

  "restart the machine now": async ({ framework: { tools } }) => {
    await tools.stateSet({ half: "written" });
    await tools.reboot("now");
    await tools.statusSet({ name: "blocked", message: "never reached" });
    return undefined;
  },

  "log lines": ({ log }) => {
    log.info("Logged", { by: "juju-log" });
    log.debug("Logged to standard output");
    return Promise.resolve(undefined);
  },

  "share a megabyte": async ({ framework: { tools } }) => {
    await tools.relationSet(1, "unit", { large: "x".repeat(1024 * 1024) });
    return (await tools.relationGet(1, "probe/0"))["large"]?.length ?? 0;
  },
} satisfies Readonly<Record<string, Task>>;

export type TaskName = keyof typeof TASKS;

/** Runs the task in its option on every event. */
export class ProbeCharm extends Charm {
  constructor(framework: Framework) {
    super(framework);
    const { on } = this;
    for (const event of [on.install, on.configChanged, on.leaderElected, on.custom("tick")]) {
      framework.observe(event, this.onEvent);
    }
    for (const event of [on.secretChanged, on.secretRotate]) framework.observe(event, this.onEvent);
    const db = on.relation("db");
    for (const event of [db.changed, db.departed, db.broken]) framework.observe(event, this.onEvent);
    framework.observe(on.storage("data").attached, this.onEvent);
    framework.observe(on.action("act"), this.onAct);
  }

  async onEvent(event: CharmEvent): Promise<void> {
    this.log.info("Doing", { event: event.name });
    const answer = await this.#do(event);
    if (answer !== undefined) await this.unit.setStatus({ name: "active", message: JSON.stringify(answer) });
  }

  async onAct(event: ActionEvent): Promise<void> {
    await event.log("acting");
    await event.setResults({ who: JSON.stringify(await event.params()), nested: { depth: 1 } });
    await this.#do(event);
  }

  async #do(event: CharmEvent): Promise<JsonValue | undefined> {
    const { do: name } = await this.framework.tools.configGet();
    const task: Task = TASKS[name as TaskName];
    return task(this, event);
  }
}
