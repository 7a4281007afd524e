/** Looks like a real one, so that leaks of it are found. */
export const TOKEN = "ghp_q7JX2mZ0tVw4Rk9sLbYc1uEaNfDgHiPo3S5x";

/** Options with which the charm goes to work: what `config-get` answers, as far as the charm needs it. */
export const LEAST_OPTIONS = {
  path: "octo/hello",
  token: TOKEN,
  "github-url": "https://github.com",
  group: "default",
  labels: "",
  "virtual-machines": 1,
  "instance-type": "container",
  "vm-cpu": 2,
  "vm-memory": "7GiB",
  "vm-disk": "10GiB",
  "base-image": "my-base",
  "image-server": "local",
  "image-packages": "",
  "reconcile-interval": 10,
  "test-mode": "",
} as const;
