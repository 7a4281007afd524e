import { expect } from "chai";
import { LxdError } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { describeDaemon, patience, PREFIX } from "./support.ts";

describeDaemon("LXD profiles, networks, ACLs and pools", (daemon) => {
  const client = () => daemon().client;

  it("makes, changes and deletes a profile", async () => {
    const { profiles } = client();
    const name = daemon().name("profile-2");
    await profiles.create({ name, config: { "limits.cpu": "1" } }, patience());
    const twice = await rejection(profiles.create({ name }, patience()));
    expect(twice).to.be.instanceOf(LxdError).and.include({ alreadyExists: true });

    const { value, etag } = await profiles.getTagged(name, patience());
    expect(value).to.deep.include({ name, config: { "limits.cpu": "1" }, devices: {}, used_by: [] });
    const settings = { config: { "limits.cpu": "2" }, devices: {}, description: "changed" };
    await profiles.put(name, settings, etag, patience());
    expect(await profiles.get(name, patience())).to.deep.include(settings);
    expect(await rejection(profiles.put(name, settings, etag, patience()))).to.include({ stale: true });
    expect((await profiles.list(patience())).map((profile) => profile.name)).to.include(name);
    expect(await profiles.delete(name, patience())).to.have.property("value", "deleted");
    expect(await profiles.delete(name, patience())).to.have.property("value", "absent");
  });

  it("refuses to delete a profile in use", async () => {
    await daemon().create("user-of-profile");
    const refused = await rejection(client().profiles.delete(daemon().profile, patience()));
    expect(refused).to.be.instanceOf(LxdError);
    expect(refused.message).to.include("Profile is currently in use");
  });

  it("makes a bridge with an ACL, reads its state and leases, and deletes both", async () => {
    const { networks, networkACLs } = client();
    const acl = daemon().name("acl");
    const allow = {
      action: "allow",
      state: "enabled",
      destination: "192.0.2.0/24",
      protocol: "tcp",
      destination_port: "443",
    } as const;
    await networkACLs.create({ name: acl, egress: [allow] }, patience());
    // A subnet of the documentation's, so that no other bridge has it.
    const config = { "ipv4.address": "198.51.100.1/24", "ipv6.address": "none", "security.acls": acl };
    await networks.create({ name: PREFIX, type: "bridge", config }, patience());

    expect(await networks.get(PREFIX, patience())).to.include({
      name: PREFIX,
      managed: true,
      status: "Created",
    });
    const { addresses } = await networks.state(PREFIX, patience());
    expect(addresses.map(({ address }) => address)).to.include("198.51.100.1");
    const leases = await networks.leases(PREFIX, patience());
    expect(leases).to.deep.include({ ...leases[0], type: "gateway", address: "198.51.100.1" });

    const tagged = await networkACLs.getTagged(acl, patience());
    expect(tagged.value.egress).to.have.length(1);
    expect(tagged.value.ingress).to.deep.equal([]);
    expect(tagged.value.used_by).to.deep.equal([`/1.0/networks/${PREFIX}`]);
    const drop = { action: "drop", state: "enabled", destination: "203.0.113.7" } as const;
    const settings = { egress: [allow, drop], ingress: [], config: {}, description: "two rules" };
    await networkACLs.put(acl, settings, tagged.etag, patience());
    expect((await networkACLs.get(acl, patience())).egress).to.have.length(2);

    expect(await rejection(networkACLs.delete(acl, patience()))).to.include({ status: 500 });
    expect(await networks.delete(PREFIX, patience())).to.have.property("value", "deleted");
    expect(await networkACLs.delete(acl, patience())).to.have.property("value", "deleted");
    expect(await networks.delete(PREFIX, patience())).to.have.property("value", "absent");
  });

  it("refuses a rule for a host name", async () => {
    const name = daemon().name("acl-bad");
    const rule = { action: "allow", state: "enabled", destination: "github.com" } as const;
    const error = await rejection(client().networkACLs.create({ name, egress: [rule] }, patience()));
    expect(error.message).to.include('Invalid subject "github.com"');
    expect(await client().networkACLs.delete(name, patience())).to.have.property("value", "absent");
  });

  it("lists interfaces of the host as not managed, without null lists", async () => {
    const loopback = (await client().networks.list(patience())).find(({ name }) => name === "lo");
    expect(loopback).to.deep.include({ managed: false, used_by: [] });
  });

  it("makes a pool, tells its room, and deletes it", async () => {
    const { storagePools } = client();
    const name = daemon().name("pool-2");
    await storagePools.create({ name, driver: "dir", description: "second" }, patience());
    expect(await storagePools.get(name, patience())).to.deep.include({
      name,
      driver: "dir",
      status: "Created",
      used_by: [],
    });
    const { space } = await storagePools.resources(name, patience());
    expect(space.total).to.be.greaterThan(space.used);
    expect(await rejection(storagePools.create({ name, driver: "dir" }, patience()))).to.include({
      alreadyExists: true,
    });
    expect(await storagePools.delete(name, patience())).to.have.property("value", "deleted");
    expect(await rejection(storagePools.get(name, patience()))).to.include({ notFound: true });
  });

  it("tells what the daemon is and can do", async () => {
    const { server } = client();
    const info = await server.info(patience());
    expect(info.version).to.match(/^\d+\.\d+/);
    expect(info.supports("container_exec_recording")).to.be.true;
    expect(info.supports("no_such_extension")).to.be.false;
    expect(info.storageDrivers.map(({ name }) => name)).to.include("dir");
    expect(await server.info(patience())).to.equal(info);
    expect(await server.refresh(patience())).not.to.equal(info);
  });
});
