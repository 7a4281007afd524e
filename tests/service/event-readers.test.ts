import { createServer, IncomingMessage, request, type Server, ServerResponse } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { expect } from "chai";
import { systemClock } from "charm-kit";
import { EventReaders } from "../../src/service/event-readers.ts";

const CHUNK = "x".repeat(200_000);

/** Of a reader that takes nothing, whatever the kernel would hold for it. */
class DeafSocket extends Socket {
  override _write(): void {
    // What is written waits for ever.
  }
}

describe("EventReaders", () => {
  let now = 0;
  let server: Server;
  let readers: EventReaders;
  beforeEach(async () => {
    now = 0;
    readers = new EventReaders({ most: 2, clock: { ...systemClock, now: () => now } });
    server = createServer((_request, response) => {
      if (readers.isFull) response.writeHead(503).end();
      else readers.add(response, "first");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    readers.close();
    server.closeAllConnections();
    server.close();
  });
  const join = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      request({ host: "127.0.0.1", port, agent: false }, (answer) => {
        answer.on("error", () => undefined);
        resolve(answer);
      })
        .on("error", reject)
        .end();
    });
  const turns = async (test: () => boolean) => {
    while (!test()) await new Promise(setImmediate);
  };

  it("are few, and leave their seats", async () => {
    const [one, two] = [await join(), await join()];
    expect([one.statusCode, two.statusCode]).to.deep.equal([200, 200]);
    expect((await join()).statusCode).to.equal(503);
    one.destroy();
    await turns(() => readers.count === 1);
    expect((await join()).statusCode).to.equal(200);
  });

  it("lose the connection when they do not catch up for 20 seconds, however little waits for them", async () => {
    const quick = (await join()).resume();
    const deaf = new ServerResponse(new IncomingMessage(new Socket()));
    deaf.assignSocket(new DeafSocket());
    readers.add(deaf, "first");
    now += 20_000;
    readers.send("second");
    expect(readers.count).to.equal(2);
    now += 1;
    readers.send("third");
    await turns(() => readers.count === 1);
    expect([deaf.destroyed, quick.destroyed]).to.deep.equal([true, false]);
  });

  it("stay while nothing is sent, and come again after a quarter of an hour", async () => {
    const reader = (await join()).resume();
    now += 14 * 60_000;
    readers.send(CHUNK);
    readers.send("still there");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readers.count).to.equal(1);
    now += 2 * 60_000;
    readers.send("no more");
    await turns(() => readers.count === 0);
    expect(reader.complete).to.equal(false);
  });
});
