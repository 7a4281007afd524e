import { expect } from "chai";
import {
  baseProfile,
  filterNotices,
  guestSocketOption,
  resourceProfile,
} from "../../src/lxd/runner-profiles.ts";

const ALL = { mac: true, ipv4: true, ipv6: true, isolation: true };
const NONE = { mac: false, ipv4: false, ipv6: false, isolation: false };
const SITE = {
  pool: "runners-0",
  bridge: "ghr-0123456789",
  processes: 5000,
  guestSocket: "security.devlxd",
} as const;

describe("baseProfile()", () => {
  it("bounds what containers share of the kernel, lets Docker work in them, and asks none of it of machines", () => {
    const { "security.syscalls.deny": refused = "", ...container } = baseProfile(
      "container",
      SITE,
      ALL,
    ).config;
    expect(container).to.deep.equal({
      "security.nesting": "true",
      "limits.processes": "5000",
      "boot.autostart": "false",
      "security.devlxd": "false",
    });
    expect(refused.split("\n")).to.have.length(4);
    for (const rule of refused.split("\n")) {
      expect(rule).to.match(/^ioctl errno 1 \[1,\d+,SCMP_CMP_MASKED_EQ,4294967295\]$/);
    }
    expect(baseProfile("virtual-machine", SITE, ALL).config).to.deep.equal({
      "boot.autostart": "false",
      "security.devlxd": "false",
    });
  });

  it("keeps instances on their member, and lets their jobs end first, when the server is one of a cluster", () => {
    const keys = { "cluster.evacuate": "stop", "boot.host_shutdown_timeout": "21600" };
    for (const type of ["container", "virtual-machine"] as const) {
      expect(baseProfile(type, { ...SITE, isClustered: true }, ALL).config).to.include(keys);
      expect(baseProfile(type, SITE, ALL).config).to.not.have.any.keys(...Object.keys(keys));
    }
  });

  it("names the guest's socket as the server does, since Incus refuses LXD's name", () => {
    const incus = guestSocketOption({ supports: (extension) => extension === "restrict_dev_incus" });
    const lxd = guestSocketOption({ supports: (extension) => extension === "restrict_devlxd" });
    expect([incus, lxd]).to.deep.equal(["security.guestapi", "security.devlxd"]);
    const { config } = baseProfile("container", { ...SITE, guestSocket: incus }, ALL);
    expect(config).to.include({ "security.guestapi": "false" });
    expect(config).to.not.have.property("security.devlxd");
  });

  it("has every filter that the machine has, and no other", () => {
    expect(baseProfile("container", SITE, ALL).devices["eth0"]).to.deep.equal({
      type: "nic",
      name: "eth0",
      network: "ghr-0123456789",
      "security.port_isolation": "true",
      "security.mac_filtering": "true",
      "security.ipv4_filtering": "true",
      "security.ipv6_filtering": "true",
    });
    expect(baseProfile("container", SITE, NONE).devices["eth0"]).to.deep.equal({
      type: "nic",
      name: "eth0",
      network: "ghr-0123456789",
    });
  });
});

describe("resourceProfile()", () => {
  it("bounds processors, memory and disk", () => {
    expect(resourceProfile({ cpu: 2, memory: "7GiB", disk: "10GiB" }, "runners-0")).to.deep.equal({
      config: { "limits.cpu": "2", "limits.memory": "7GiB" },
      devices: { root: { type: "disk", path: "/", pool: "runners-0", size: "10GiB" } },
    });
  });
});

describe("filterNotices()", () => {
  it("says nothing where nothing is missing", () => {
    expect(filterNotices(ALL)).to.deep.equal([]);
  });

  it("names what is missing", () => {
    expect(filterNotices({ ...ALL, ipv6: false })).to.deep.equal([
      "no filtering of IPv6 addresses on this machine",
    ]);
    expect(filterNotices(NONE)).to.deep.equal([
      "no filtering of MAC, IPv4, IPv6 addresses on this machine",
      "runners are not isolated from each other on this machine",
    ]);
  });
});
