/** A change of options that the charm takes, made with one idle and one busy runner. */
export interface ChangeScene {
  readonly change: Readonly<Record<string, string>>;
  /** Set back afterwards, where the next scene needs it. */
  readonly back: Readonly<Record<string, string>>;
}

const change = (option: string, value: string, back: string): ChangeScene => ({
  change: { [option]: value },
  back: { [option]: back },
});

/** Each option once. Other values than these stand in the reference of the options. */
export const CHANGES: readonly ChangeScene[] = [
  change("virtual-machines", "3", "2"),
  change("virtual-machines", "1", "2"),
  change("virtual-machines", "0", "2"),
  change("labels", "gpu, large", ""),
  change("vm-cpu", "1", "2"),
  change("vm-memory", "2GiB", "1GiB"),
  change("vm-disk", "6GiB", "5GiB"),
  change("reconcile-interval", "5", "10"),
  change("denylist", "10.20.0.0/16, 192.0.2.7", ""),
  change("dockerhub-mirror", "https://mirror.example.com", ""),
  change("pre-job-script", "#!/bin/sh\necho hello", ""),
  change("image-packages", "tree", ""),
  change("experimental-use-aproxy", "true", "false"),
  change("aproxy-exclude-addresses", "10.0.0.0/8", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"),
  change("aproxy-redirect-ports", "80", "80, 443"),
  change("runner-storage", "memory", "juju-storage"),
  change("repo-policy", "external", "off"),
];

/** Values that the charm refuses; the option is set back after each. */
export const REFUSALS: readonly Readonly<Record<string, string>>[] = [
  { path: "" },
  { path: "acme/no widgets" },
  { token: "" },
  { "token-secret-id": "secret:9m4e2mr0ui3e8a215n4g" },
  { "github-app-client-id": "Iv1.0123456789abcdef" },
  { "github-url": "ftp://github.example" },
  { labels: "gpu, not good, a/b" },
  { "virtual-machines": "-1" },
  { "instance-type": "virtual-machine" },
  { "vm-cpu": "0" },
  { "vm-memory": "7" },
  { "vm-disk": "10GB" },
  { "base-image": "trusty" },
  { "reconcile-interval": "1" },
  { denylist: "10.0.0.0/33" },
  { "dockerhub-mirror": "mirror" },
  { "pre-job-script": "echo no shebang" },
  { "test-mode": "" },
  { "virtual-machines": "-1", "vm-memory": "much", labels: "no way" },
];
