import { expect } from "chai";
import { destroyInstance } from "../../src/lxd/destroy-instance.ts";
import { InstanceStartError } from "../../src/lxd/errors.ts";
import { boot } from "../../src/lxd/instance-boot.ts";
import { describeDaemon, patience } from "../../packages/lxd-client/tests/support.ts";
import { rejection } from "../support/rejection.ts";

describeDaemon("The start of an instance", (daemon) => {
  it("fails with LXC's reason when the instance cannot start", async () => {
    const config = { "raw.lxc": "lxc.mount.entry = /nonexistent/source target none bind 0 0" };
    const name = await daemon().create("nostart", { config });
    const { client } = daemon();
    const error = await rejection(boot({ client, name, type: "container" }, patience()));
    // LXD still works on the instance, and refuses a plain deletion.
    await destroyInstance(client, name, patience());
    expect(error).to.be.instanceOf(InstanceStartError);
    expect(error.message).to.match(
      new RegExp(
        `^Cannot start instance '${name}': .*No such file or directory - Failed to mount "/nonexistent/source"`,
      ),
    );
  });
});
