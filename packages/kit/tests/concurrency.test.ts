import { expect } from "chai";
import fc from "fast-check";
import { Gate, settleAll, withResolvers } from "../src/concurrency.ts";

/** Work that ends when it is told to, and knows how much of it is under way. */
class Workshop {
  underWay = 0;
  most = 0;
  readonly #finish = new Map<number, PromiseWithResolvers<number>>();

  work = async (item: number): Promise<number> => {
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    const finish = Promise.withResolvers<number>();
    this.#finish.set(item, finish);
    try {
      return await finish.promise;
    } finally {
      this.underWay -= 1;
    }
  };

  get started(): number[] {
    return [...this.#finish.keys()];
  }

  finish(item: number): void {
    this.#finish.get(item)?.resolve(item * 10);
  }

  fail(item: number, error: Error): void {
    this.#finish.get(item)?.reject(error);
  }
}

/** Lets all that can run run. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

describe("settleAll()", () => {
  it("gives the outcomes in the order of the items, whatever ends first", async () => {
    const shop = new Workshop();
    const settled = settleAll([1, 2, 3], 3, shop.work);
    await turns();
    const error = new Error("no");
    shop.finish(3);
    await turns();
    shop.fail(2, error);
    await turns();
    shop.finish(1);
    expect(await settled).to.deep.equal([
      { status: "fulfilled", value: 10 },
      { status: "rejected", reason: error },
      { status: "fulfilled", value: 30 },
    ]);
  });

  it("has no more in flight than its limit, and starts the next as soon as one ends", async () => {
    const shop = new Workshop();
    const settled = settleAll([1, 2, 3, 4], 2, shop.work);
    await turns();
    expect(shop.started).to.deep.equal([1, 2]);
    shop.finish(2);
    await turns();
    expect(shop.started).to.deep.equal([1, 2, 3]);
    for (const item of [1, 3]) shop.finish(item);
    await turns();
    shop.finish(4);
    await settled;
    expect(shop.most).to.equal(2);
  });

  it("goes on after failures, those thrown at once too", async () => {
    const outcomes = await settleAll([1, 2, 3], 1, (item) => {
      if (item === 1) throw new Error("at once");
      return item === 2 ? Promise.reject(new Error("later")) : Promise.resolve(item);
    });
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "rejected", "fulfilled"]);
  });

  it("settles at once without items", async () => {
    expect(await settleAll([], 4, () => Promise.reject(new Error("never")))).to.deep.equal([]);
  });

  it("does each item once, under any limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat()), fc.integer({ min: 1, max: 20 }), async (items, limit) => {
        const outcomes = await settleAll(items, limit, (item) => Promise.resolve(item));
        expect(outcomes).to.deep.equal(items.map((value) => ({ status: "fulfilled", value })));
      }),
    );
  });
});

describe("Gate", () => {
  it("lets no more in than its limit, and the others in their turn", async () => {
    const shop = new Workshop();
    const gate = new Gate(2);
    const all = [1, 2, 3, 4].map((item) => gate.run(() => shop.work(item)));
    await turns();
    expect(shop.started).to.deep.equal([1, 2]);
    shop.finish(1);
    await turns();
    expect(shop.started).to.deep.equal([1, 2, 3]);
    for (const item of [2, 3]) shop.finish(item);
    await turns();
    shop.finish(4);
    expect(await Promise.all(all)).to.deep.equal([10, 20, 30, 40]);
    expect(shop.most).to.equal(2);
  });

  it("frees the place of work that failed", async () => {
    const gate = new Gate(1);
    const failed = await gate.run(() => Promise.reject(new Error("no"))).catch((thrown: unknown) => thrown);
    expect(failed).to.be.instanceOf(Error);
    expect(await gate.run(() => Promise.resolve("in"))).to.equal("in");
  });

  it("has all its places again once it was full", async () => {
    const shop = new Workshop();
    const gate = new Gate(2);
    const first = [1, 2, 3].map((item) => gate.run(() => shop.work(item)));
    await turns();
    for (const item of [1, 2]) shop.finish(item);
    await turns();
    shop.finish(3);
    await Promise.all(first);
    const second = [4, 5, 6].map((item) => gate.run(() => shop.work(item)));
    await turns();
    expect(shop.started).to.deep.equal([1, 2, 3, 4, 5]);
    for (const item of [4, 5]) shop.finish(item);
    await turns();
    shop.finish(6);
    await Promise.all(second);
  });

  it("lets nobody overtake those who wait", async () => {
    const shop = new Workshop();
    const gate = new Gate(1);
    const all = [gate.run(() => shop.work(1)), gate.run(() => shop.work(2))];
    await turns();
    shop.finish(1);
    all.push(gate.run(() => shop.work(3)));
    await turns();
    expect(shop.started).to.deep.equal([1, 2]);
    shop.finish(2);
    await turns();
    shop.finish(3);
    await Promise.all(all);
  });
});

describe("withResolvers()", () => {
  it("gives a promise that its caller resolves", async () => {
    const { promise, resolve } = withResolvers<number>();
    resolve(7);
    expect(await promise).to.equal(7);
  });

  it("gives a promise that its caller rejects, once", async () => {
    const { promise, resolve, reject } = withResolvers<number>();
    reject(new Error("first"));
    resolve(7);
    expect(await promise.catch((thrown: unknown) => thrown)).to.have.property("message", "first");
  });
});
