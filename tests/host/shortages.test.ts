import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { readUsages, shortagesIn } from "../../src/host/shortages.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

describe("shortagesIn()", () => {
  it("names what is used up, how much of it, and who holds the most", () => {
    const holder = { name: "runners-0-abc", used: 30_000 };
    expect(
      shortagesIn([
        { resource: "kernel.pid_max", used: 32_700, most: 32_768, holder },
        { resource: "kernel.threads-max", used: 32_700, most: 190_000, holder },
        { resource: "net.netfilter.nf_conntrack_max", used: 65_536, most: 65_536 },
      ]),
    ).to.deep.equal([
      "kernel.pid_max is used up: 32700 of 32768; runners-0-abc holds 30000",
      "net.netfilter.nf_conntrack_max is used up: 65536 of 65536",
    ]);
  });
});

describe("readUsages()", () => {
  const directory = useTemporaryDirectory();
  const put = async (path: string, text: string) => {
    const target = join(directory.path, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  };
  const read = () =>
    readUsages({ ...HOST_PATHS, proc: join(directory.path, "proc"), sys: join(directory.path, "sys") });

  for (const hierarchy of ["fs/cgroup", "fs/cgroup/pids"]) {
    it(`reads the kernel's numbers, and the instances' from /sys/${hierarchy}`, async () => {
      await put("proc/sys/kernel/pid_max", "32768\n");
      await put("proc/loadavg", "5.57 5.29 4.16 18/32700 6079\n");
      await put("proc/sys/net/netfilter/nf_conntrack_count", "7\n");
      await put("proc/sys/net/netfilter/nf_conntrack_max", "65536\n");
      await put("proc/sys/fs/file-nr", "1074\t0\t2466177\n");
      await put("proc/meminfo", "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  20 kB\n");
      await put(
        "proc/key-users",
        "    0:     9 8/8 3/1000000 40/25000000\n1000000:    99 9/9 200/200 40/20000\n",
      );
      await put(`sys/${hierarchy}/lxc.payload.a-0-1/pids.current`, "12\n");
      await put(`sys/${hierarchy}/lxc.payload.a-0-2/pids.current`, "30000\n");
      expect(shortagesIn(await read())).to.deep.equal([
        "kernel.pid_max is used up: 32700 of 32768; a-0-2 holds 30000",
        "kernel.keys.maxkeys of user 1000000 is used up: 200 of 200",
        "the machine's memory (KiB) is used up: 980 of 1000",
      ]);
    });
  }

  it("leaves out what the kernel does not tell", async () => {
    expect(await read()).to.deep.equal([]);
  });

  it("finds the numbers of this machine", async () => {
    const resources = (await readUsages(HOST_PATHS)).map(({ resource }) => resource);
    expect(resources).to.include.members(["kernel.pid_max", "fs.file-max", "the machine's memory (KiB)"]);
  });
});
