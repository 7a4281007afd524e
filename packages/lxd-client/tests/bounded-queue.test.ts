import { expect } from "chai";
import { BoundedQueue } from "../src/bounded-queue.ts";
import { rejection } from "../../../tests/support/rejection.ts";

const overflow = new Error("too much");
const make = (limit = 10) =>
  new BoundedQueue<string>({ limit, weigh: (item) => item.length, overflow: () => overflow });

describe("BoundedQueue", () => {
  it("gives what came before the reader and what comes after, in order", async () => {
    const queue = make();
    queue.push("a");
    const read: string[] = [];
    const reading = (async () => {
      for await (const item of queue) {
        read.push(item);
        if (item === "a") queue.push("b");
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
    queue.push("c");
    queue.end();
    await reading;
    expect(read).to.deep.equal(["a", "b", "c"]);
  });

  it("refuses more than its bound, and takes more again when some is read", async () => {
    const queue = make(3);
    queue.push("aaa");
    expect(() => {
      queue.push("b");
    }).to.throw(overflow);
    const reader = queue[Symbol.asyncIterator]();
    await reader.next();
    queue.push("b");
    expect((await reader.next()).value).to.equal("b");
  });

  it("takes all without an error for more, and tells when its reader has caught up or left", async () => {
    const queue = new BoundedQueue<string>({ limit: 3, weigh: (item) => item.length });
    queue.push("aa");
    expect(queue.isFull).to.be.false;
    queue.push("bbb");
    expect(queue.isFull).to.be.true;
    const reader = queue[Symbol.asyncIterator]();
    const room = queue.room().then(() => queue.isFull);
    expect((await reader.next()).value).to.equal("aa");
    expect(queue.isFull).to.be.true;
    expect((await reader.next()).value).to.equal("bbb");
    expect(await room).to.be.false;

    queue.push("cccc");
    const left = queue.room();
    await reader.return();
    await left;
  });

  it("gives what is there before it fails", async () => {
    const queue = make();
    queue.push("a");
    const fault = new Error("broken");
    queue.fail(fault);
    const reader = queue[Symbol.asyncIterator]();
    expect((await reader.next()).value).to.equal("a");
    expect(await rejection(reader.next())).to.equal(fault);
  });

  it("stays ended when it fails after its end", async () => {
    const queue = make();
    queue.end();
    queue.fail(new Error("late"));
    expect(await queue[Symbol.asyncIterator]().next()).to.deep.equal({ done: true, value: undefined });
  });

  it("keeps nothing for a reader that left", async () => {
    const queue = make(2);
    queue.push("a");
    for await (const item of queue) {
      expect(item).to.equal("a");
      break;
    }
    for (let count = 0; count < 100; count += 1) queue.push("x");
    expect(await queue[Symbol.asyncIterator]().next()).to.have.property("done", true);
  });
});
