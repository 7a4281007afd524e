import { expect } from "chai";
import { LxdError, OperationError } from "lxd-client";
import { asBaseImageError } from "../../src/lxd/base-image-error.ts";
import { BaseImageError, BaseImageServerError } from "../../src/lxd/errors.ts";

const LOCAL = { server: undefined, alias: "jammy" };
const MIRROR = { server: "https://mirror.example", alias: "jammy" };

const failed = (detail: string) =>
  new OperationError("create instance 'b'", { operationId: "1", detail, metadata: {} });

describe("asBaseImageError()", () => {
  for (const [title, type, image] of [
    ["a container's image for a virtual machine", "virtual-machine", "container"],
    ["a virtual machine's image for a container", "container", "virtual-machine"],
  ] as const) {
    it(`is of the image for ${title}, which no attempt can change`, () => {
      const thrown = failed(`Requested image's type "${image}" doesn't match instance type "${type}"`);
      expect(asBaseImageError(thrown, LOCAL, type))
        .to.be.instanceOf(BaseImageError)
        .with.property("message")
        .that.includes(`'jammy' is none for instance-type=${type}`);
    });
  }

  it("is of the image that is nowhere", () => {
    const absent = new LxdError("create instance 'b'", 404, "Image alias not found");
    expect(asBaseImageError(absent, LOCAL, "container")).to.be.instanceOf(BaseImageError);
    const remote = failed("Failed getting image: The requested image couldn't be found");
    expect(asBaseImageError(remote, MIRROR, "container")).to.be.instanceOf(BaseImageError);
  });

  it("is of the server that does not give the image", () => {
    const thrown = failed("dial tcp: no route to host");
    expect(asBaseImageError(thrown, MIRROR, "container")).to.be.instanceOf(BaseImageServerError);
  });

  it("is the refusal itself for all else", () => {
    for (const thrown of [
      failed("no space left on device"),
      failed('exec: "unsquashfs": executable file not found in $PATH'),
      new Error("jammy"),
    ]) {
      expect(asBaseImageError(thrown, LOCAL, "container")).to.equal(thrown);
    }
  });
});
