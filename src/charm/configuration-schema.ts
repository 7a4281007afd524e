/**
 * The rules for single options, as JSON schema, with the texts of their messages.
 *
 * `accepted` is the accepted form, shown in messages and in the reference; `fault` describes a value that does not match
 * the pattern. `change` is the effect of a change on existing runners. Rules between options, and forms that no pattern
 * can express, are in `configuration.ts` and use the `accepted` text from here.
 */
export const configurationSchema = {
  type: "object",
  properties: {
    path: {
      type: "string",
      minLength: 1,
      accepted: "owner/repo, an organisation, or enterprises/<slug>",
      change: "replaces",
    },
    token: {
      type: "string",
      pattern: "^[!-~]*$",
      fault: "holds a blank or a character that no token has",
      accepted: "a personal access token of GitHub",
      change: "replaces",
    },
    "token-secret-id": {
      type: "string",
      pattern: "^(?:(?:secret:(?://[0-9a-fA-F-]{36}/)?)?[0-9a-z]{20})?$",
      fault: "not the ID of a Juju secret",
      accepted: "secret:<id>, as juju add-secret prints it",
      change: "replaces",
    },
    "github-app-client-id": {
      type: "string",
      pattern: "^[A-Za-z0-9._-]*$",
      fault: "not the client ID of a GitHub App",
      accepted: "the client ID from the GitHub App's settings, such as Iv23liAbCdEfGhIjKlMn",
      change: "replaces",
    },
    "github-app-installation-id": {
      type: "integer",
      minimum: 0,
      accepted: "the number at the end of the address of the installation's settings",
      change: "replaces",
    },
    "github-app-private-key-secret-id": {
      type: "string",
      pattern: "^(?:(?:secret:(?://[0-9a-fA-F-]{36}/)?)?[0-9a-z]{20})?$",
      fault: "not the ID of a Juju secret",
      accepted: "secret:<id>, as juju add-secret prints it",
      change: "replaces",
    },
    "github-url": {
      type: "string",
      minLength: 1,
      pattern: "^https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/?$",
      fault: "not the address of a GitHub",
      accepted: "https://<host>, such as https://github.com",
      change: "replaces",
    },
    group: {
      type: "string",
      minLength: 1,
      accepted: "the name of a runner group, such as default",
      change: "replaces",
    },
    labels: {
      type: "string",
      accepted: "letters, digits, hyphens and underscores, with commas between labels",
      change: "replaces",
    },
    "virtual-machines": {
      type: "integer",
      minimum: 0,
      maximum: 500,
      accepted: "0 to 500",
      change: "scales",
    },
    scaling: {
      enum: ["fixed", "demand"],
      accepted: "fixed or demand",
      change: "replaces",
    },
    "idle-runners": {
      type: "integer",
      minimum: 0,
      maximum: 500,
      accepted: "0 to 500",
      change: "scales",
    },
    "scale-set-name": {
      type: "string",
      pattern: "^(?:[A-Za-z0-9][A-Za-z0-9_-]{0,62})?$",
      fault: "not a name for a scale set",
      accepted: "up to 63 letters, digits, hyphens and underscores",
      change: "replaces",
    },
    "standby-runners": {
      type: "integer",
      minimum: 0,
      maximum: 50,
      accepted: "0 to 50",
      change: "scales",
    },
    "lost-member-runners": {
      type: "integer",
      minimum: 0,
      maximum: 500,
      accepted: "0 to 500",
      change: "scales",
    },
    "instance-type": {
      enum: ["virtual-machine", "container"],
      accepted: "virtual-machine or container",
      change: "replaces",
    },
    "vm-cpu": { type: "integer", minimum: 1, maximum: 512, accepted: "1 to 512", change: "replaces" },
    "vm-memory": {
      type: "string",
      minLength: 1,
      pattern: "^[1-9][0-9]*[KMGTPE]iB$",
      fault: "not a size",
      accepted: "a whole number and KiB, MiB, GiB, TiB, PiB or EiB, such as 7GiB",
      change: "replaces",
    },
    "vm-disk": {
      type: "string",
      minLength: 1,
      pattern: "^[1-9][0-9]*[KMGTPE]iB$",
      fault: "not a size",
      accepted: "a whole number and KiB, MiB, GiB, TiB, PiB or EiB, such as 10GiB",
      change: "replaces",
    },
    "vm-processes": {
      type: "integer",
      minimum: 512,
      maximum: 100_000,
      accepted: "512 to 100000",
      change: "limits",
    },
    "base-image": {
      type: "string",
      minLength: 1,
      pattern: "^[A-Za-z0-9][A-Za-z0-9._/-]*$",
      fault: "not the name of an image",
      accepted:
        "jammy (22.04), noble (24.04), resolute (26.04) or the version of a later Ubuntu LTS, or with image-server=local the alias of an image in the local LXD store",
      change: "fixed",
    },
    "image-server": {
      type: "string",
      minLength: 1,
      accepted: "local, or the https address of a simplestreams server",
      change: "builds",
    },
    "image-packages": {
      type: "string",
      // A name with a hyphen at its end is a package that apt removes.
      pattern: "^(?:[a-z0-9](?:[a-z0-9+.-]*[a-z0-9+.])?(?: +[a-z0-9](?:[a-z0-9+.-]*[a-z0-9+.])?)*)?$",
      fault: "not a list of packages",
      accepted: "names of Debian packages, with blanks between them",
      change: "builds",
    },
    "ca-certificate": {
      type: "string",
      accepted: "certificates in PEM format, which begin with -----BEGIN CERTIFICATE-----",
      change: "builds",
    },
    "reconcile-interval": {
      type: "integer",
      minimum: 2,
      maximum: 10_080,
      accepted: "2 to 10080 minutes",
      change: "timer",
    },
    "metrics-port": {
      type: "integer",
      minimum: 0,
      maximum: 65_535,
      accepted: "0, or a TCP port up to 65535",
      change: "nothing",
    },
    "capsule-count": {
      type: "integer",
      minimum: 1,
      maximum: 1000,
      accepted: "1 to 1000",
      change: "nothing",
    },
    "capsule-size": {
      type: "string",
      pattern: "^[1-9][0-9]*[KMGTPE]iB$",
      fault: "not a size",
      accepted: "8MiB or more, such as 256MiB or 1GiB",
      change: "nothing",
    },
    "capsule-days": {
      type: "integer",
      minimum: 1,
      maximum: 365,
      accepted: "1 to 365 days",
      change: "nothing",
    },
    denylist: {
      type: "string",
      accepted: "IPv4 or IPv6 networks with commas between them, such as 10.0.0.0/8, fd00::/8",
      change: "firewall",
    },
    "runner-subnet": {
      type: "string",
      accepted: "nothing, or a private IPv4 network with a prefix of 16 to 28, such as 192.168.99.0/24",
      change: "newUnits",
    },
    "dockerhub-mirror": {
      type: "string",
      accepted: "the https address of a registry mirror, such as https://mirror.example.com",
      change: "replaces",
    },
    "experimental-use-aproxy": {
      type: "boolean",
      accepted: "true or false",
      change: "replaces",
    },
    "aproxy-exclude-addresses": {
      type: "string",
      accepted:
        "IPv4 addresses, ranges and networks with commas between them, such as 10.0.0.0/8, 192.0.2.1-192.0.2.9",
      change: "replaces",
    },
    "aproxy-redirect-ports": {
      type: "string",
      accepted: "ports and ranges of ports with commas between them, such as 80, 8080-8090",
      change: "replaces",
    },
    "pre-job-script": {
      type: "string",
      pattern: "^(?:#![ \\t]*/[^\\n]|$)",
      fault: "no shebang in its first line",
      accepted: "a script that begins with a shebang, such as #!/bin/bash",
      change: "replaces",
    },
    "runner-storage": {
      enum: ["juju-storage", "memory"],
      accepted: "juju-storage or memory",
      change: "fixed",
    },
    "repo-policy": {
      enum: ["off", "external", "builtin"],
      accepted: "off, external or builtin",
      change: "replaces",
    },
    "repo-policy-compliance-url": {
      type: "string",
      accepted: "the address of a policy service, such as https://policy.example.com",
      change: "replaces",
    },
    "repo-policy-compliance-token": {
      type: "string",
      pattern: "^[!-~]*$",
      fault: "holds a blank or a character that no token has",
      accepted: "the token that the policy service accepts from the charm",
      change: "replaces",
    },
    "test-mode": { enum: ["", "insecure"], accepted: "nothing, or insecure", change: "nothing" },
  },
} as const;

/** Names of the options. */
export type OptionName = keyof (typeof configurationSchema)["properties"];

/** The accepted form of an option's value. */
export function acceptedForm(option: OptionName): string {
  return configurationSchema.properties[option].accepted;
}
