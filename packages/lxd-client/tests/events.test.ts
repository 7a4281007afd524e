import { expect } from "chai";
import { type LxdEvent, nameFromURL } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { describeDaemon, patience } from "./support.ts";

describeDaemon("LXD events", (daemon) => {
  const events = () => daemon().client.events;

  /** Reads until an event is the one that is looked for. */
  const find = async (stream: AsyncIterable<LxdEvent>, isIt: (event: LxdEvent) => boolean) => {
    for await (const event of stream) if (isIt(event)) return event;
    throw new Error("The stream ended before");
  };

  it("tells of an instance that is made and of one that goes", async () => {
    const name = daemon().name("watched");
    const isOurs = (action: string) => (event: LxdEvent) =>
      event.type === "lifecycle" && event.action === action && nameFromURL(event.source) === name;

    const creation = await events().open(["lifecycle"], patience());
    await daemon().create("watched");
    expect(await find(creation, isOurs("instance-created"))).to.include({ project: "default" });

    const deletion = await events().open(["lifecycle"], patience());
    await daemon().client.instances.delete(name, patience());
    const event = await find(deletion, isOurs("instance-deleted"));
    expect(Date.parse(event.timestamp)).to.be.closeTo(Date.now(), 60_000);
  });

  it("tells of operations, and of nothing that was not asked for", async () => {
    await using stream = await events().open(["operation"], patience());
    const name = await daemon().create("operated");
    const kinds = new Set<string>();
    const event = await find(stream, (one) => {
      kinds.add(one.type);
      const isDone = one.type === "operation" && one.operation.status === "Success";
      return isDone && (one.operation.resources["instances"] ?? []).some((url) => nameFromURL(url) === name);
    });
    expect(event).to.have.nested.property("operation.description", "Creating instance");
    expect([...kinds]).to.deep.equal(["operation"]);
  });

  it("ends its reader when it is closed", async () => {
    const stream = await events().open(["lifecycle"], patience());
    const next = stream[Symbol.asyncIterator]().next();
    stream.close();
    expect(await next).to.deep.equal({ done: true, value: undefined });
  });

  it("throws the reason when it is aborted, before and after opening", async () => {
    const reason = new Error("no more");
    expect(await rejection(events().open(["lifecycle"], AbortSignal.abort(reason)))).to.equal(reason);

    const controller = new AbortController();
    const stream = await events().open(["lifecycle"], controller.signal);
    const next = stream[Symbol.asyncIterator]().next();
    controller.abort(reason);
    expect(await rejection(next)).to.equal(reason);
  });
});
