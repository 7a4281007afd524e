import { expect } from "chai";
import { withResolvers } from "charm-kit";

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
