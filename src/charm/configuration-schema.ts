/**
 * The rules of single options, as JSON schema. `accepted` is what a message tells the person to write instead.
 *
 * Rules that tie options together stand in `configuration.ts`.
 */
export const configurationSchema = {
  type: "object",
  properties: {
    path: {
      type: "string",
      minLength: 1,
      accepted: "owner/repo, an organisation, or enterprises/<slug>",
    },
    token: { type: "string" },
    "github-url": {
      type: "string",
      pattern: "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?$",
      accepted: "https://<host>, such as https://github.com",
    },
    group: { type: "string", minLength: 1, accepted: "the name of a runner group, such as default" },
    labels: { type: "string" },
    "virtual-machines": { type: "integer", minimum: 0, accepted: "0 or a greater number" },
    "instance-type": {
      enum: ["virtual-machine", "container"],
      accepted: "virtual-machine or container",
    },
    "vm-cpu": { type: "integer", minimum: 1, accepted: "1 or a greater number" },
    "vm-memory": {
      type: "string",
      pattern: "^[1-9][0-9]*[KMGTPE]iB$",
      accepted: "a number and a unit, such as 7GiB",
    },
    "vm-disk": {
      type: "string",
      pattern: "^[1-9][0-9]*[KMGTPE]iB$",
      accepted: "a number and a unit, such as 10GiB",
    },
    "base-image": {
      type: "string",
      pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
      accepted: "jammy, noble, or with image-server=local the alias of an image in the local LXD store",
    },
    "image-server": {
      type: "string",
      pattern: "^(local|https://.+)$",
      accepted: "local, or the https URL of a simplestreams server",
    },
    "image-packages": {
      type: "string",
      pattern: "^[a-z0-9+. -]*$",
      accepted: "names of Debian packages, separated by spaces",
    },
    "reconcile-interval": { type: "integer", minimum: 2, accepted: "2 minutes or more" },
    "test-mode": { enum: ["", "insecure"], accepted: "nothing, or insecure" },
  },
} as const;
