// Made from charm.yaml, config.yaml and actions.yaml by `npm run generate`; changes here are lost.

/** The charm's name. */
export const charmName = "github-runner";

/** Types, as Juju names them, and defaults of the charm's options. */
export const options = {
  path: { type: "string", default: "" },
  token: { type: "string", default: "" },
  "token-secret-id": { type: "string", default: "" },
  "github-app-client-id": { type: "string", default: "" },
  "github-app-installation-id": { type: "int", default: 0 },
  "github-app-private-key-secret-id": { type: "string", default: "" },
  "github-url": { type: "string", default: "https://github.com" },
  group: { type: "string", default: "default" },
  labels: { type: "string", default: "" },
  "virtual-machines": { type: "int", default: 1 },
  "instance-type": { type: "string", default: "virtual-machine" },
  "vm-cpu": { type: "int", default: 2 },
  "vm-memory": { type: "string", default: "7GiB" },
  "vm-disk": { type: "string", default: "10GiB" },
  "base-image": { type: "string", default: "jammy" },
  "image-server": { type: "string", default: "https://cloud-images.ubuntu.com/releases" },
  "image-packages": {
    type: "string",
    default: "docker.io npm python3-pip shellcheck jq wget curl unzip zip git gh",
  },
  "reconcile-interval": { type: "int", default: 10 },
  denylist: { type: "string", default: "" },
  "dockerhub-mirror": { type: "string", default: "" },
  "experimental-use-aproxy": { type: "boolean", default: false },
  "aproxy-exclude-addresses": { type: "string", default: "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16" },
  "aproxy-redirect-ports": { type: "string", default: "80, 443" },
  "pre-job-script": { type: "string", default: "" },
  "runner-storage": { type: "string", default: "juju-storage" },
  "repo-policy": { type: "string", default: "off" },
  "repo-policy-compliance-url": { type: "string", default: "" },
  "repo-policy-compliance-token": { type: "string", default: "" },
  "test-mode": { type: "string", default: "" },
} as const;

/** What `config-get` answers: all options have defaults. */
export interface OptionValues {
  readonly path: string;
  readonly token: string;
  readonly "token-secret-id": string;
  readonly "github-app-client-id": string;
  readonly "github-app-installation-id": number;
  readonly "github-app-private-key-secret-id": string;
  readonly "github-url": string;
  readonly group: string;
  readonly labels: string;
  readonly "virtual-machines": number;
  readonly "instance-type": string;
  readonly "vm-cpu": number;
  readonly "vm-memory": string;
  readonly "vm-disk": string;
  readonly "base-image": string;
  readonly "image-server": string;
  readonly "image-packages": string;
  readonly "reconcile-interval": number;
  readonly denylist: string;
  readonly "dockerhub-mirror": string;
  readonly "experimental-use-aproxy": boolean;
  readonly "aproxy-exclude-addresses": string;
  readonly "aproxy-redirect-ports": string;
  readonly "pre-job-script": string;
  readonly "runner-storage": string;
  readonly "repo-policy": string;
  readonly "repo-policy-compliance-url": string;
  readonly "repo-policy-compliance-token": string;
  readonly "test-mode": string;
}

export type OptionName = keyof OptionValues;

/** Parameters of the actions, by the action's name; those with a default are always there. */
export interface ActionParameters {
  readonly "check-runners": Readonly<Record<never, never>>;
  readonly "reconcile-runners": Readonly<Record<never, never>>;
  readonly "flush-runners": { readonly mode: "idle" | "busy" | "force" };
  readonly "update-dependencies": Readonly<Record<never, never>>;
  readonly "build-image": Readonly<Record<never, never>>;
  readonly "collect-logs": { readonly runner?: string };
}

export type ActionName = keyof ActionParameters;

/** Names of the charm's actions. */
export const actionNames = [
  "check-runners",
  "reconcile-runners",
  "flush-runners",
  "update-dependencies",
  "build-image",
  "collect-logs",
] as const satisfies readonly ActionName[];
