import { expect } from "chai";
import { LxdError, OperationError } from "lxd-client";
import { ProgramMissingError } from "../../src/lxd/errors.ts";
import { missingProgram, namingMissingProgram } from "../../src/lxd/missing-program.ts";

const TEXT =
  'Failed to run: mkfs.btrfs -L a /disks/a.img: exec: "mkfs.btrfs": executable file not found in $PATH';

describe("missingProgram()", () => {
  it("is the program in the text of a refused call and of a failed operation", () => {
    const failure = {
      operationId: "1",
      detail: 'exec: "zstd": executable file not found in $PATH',
      metadata: {},
    };
    expect(missingProgram(new LxdError("create it", 500, TEXT))).to.equal("mkfs.btrfs");
    expect(missingProgram(new OperationError("publish it", failure))).to.equal("zstd");
  });

  it("is the DHCP server of bridges, which LXD looks for itself", () => {
    const text = "dnsmasq is required for LXD managed bridges";
    expect(missingProgram(new LxdError("create network 'a'", 500, text))).to.equal("dnsmasq");
  });

  it("is undefined for other errors", () => {
    expect(missingProgram(new LxdError("create it", 500, "no space left on device"))).to.equal(undefined);
    expect(missingProgram(new Error(TEXT))).to.equal(undefined);
  });
});

describe("namingMissingProgram()", () => {
  it("names the program, its package and the action, for a person", async () => {
    const refusal = new LxdError("create storage pool 'a'", 500, TEXT);
    const thrown = await namingMissingProgram("create the pool", () => Promise.reject(refusal)).catch(
      (error: unknown) => error,
    );
    expect(thrown).to.be.instanceOf(ProgramMissingError).and.include({ remedy: "person", cause: refusal });
    expect((thrown as Error).message).to.equal(
      "Cannot create the pool: LXD needs the program 'mkfs.btrfs', which this machine lacks; install it (apt install " +
        "btrfs-progs)",
    );
  });

  it("leaves other errors and results as they are", async () => {
    const refusal = new Error("no");
    expect(await namingMissingProgram("do it", () => Promise.resolve(7))).to.equal(7);
    const thrown = await namingMissingProgram("do it", () => Promise.reject(refusal)).catch(
      (error: unknown) => error,
    );
    expect(thrown).to.equal(refusal);
  });
});
