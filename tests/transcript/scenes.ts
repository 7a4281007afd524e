import { BASE_IMAGE_ALIAS } from "../support/base-image/ensure-base-image.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { secretUri } from "../support/rig/keep-secret.ts";
import { REPOSITORY } from "../support/rig/rig.ts";

/** A valid change of options, made with one idle and one busy runner. */
export interface ChangeScene {
  readonly change: Readonly<Record<string, string>>;
  /** Values to restore for the next scene. */
  readonly back: Readonly<Record<string, string>>;
  /** Values that the page shows instead of secret ones. @default nothing */
  readonly shown?: Readonly<Record<string, string>>;
}

/** A second valid token and an App, and the names of their secrets. */
export const OTHER_TOKEN = "ghp_OtherTokenOfTheOperator0000000000000";
export const TOKEN_SECRET = "github-token";
export const APP_SECRET = "github-app";
export const APP = { clientId: "Iv23liAbCdEfGhIjKlMn", installationId: 4711 };

const change = (option: string, value: string, back: string): ChangeScene => ({
  change: { [option]: value },
  back: { [option]: back },
});

/** Each option once. The reference of the options describes the other values. */
export const CHANGES: readonly ChangeScene[] = [
  change("virtual-machines", "3", "2"),
  change("virtual-machines", "1", "2"),
  change("virtual-machines", "0", "2"),
  change("labels", "gpu, large", ""),
  change("group", "large", "default"),
  { ...change("token", OTHER_TOKEN, STANDARD_TOKEN), shown: { token: "@other-token.txt" } },
  change("token-secret-id", secretUri(TOKEN_SECRET), ""),
  {
    change: {
      "github-app-client-id": APP.clientId,
      "github-app-installation-id": String(APP.installationId),
      "github-app-private-key-secret-id": secretUri(APP_SECRET),
    },
    back: {
      "github-app-client-id": "",
      "github-app-installation-id": "0",
      "github-app-private-key-secret-id": "",
    },
  },
  change("path", "acme/gadgets", REPOSITORY),
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
  change("image-server", "https://images.invalid", "local"),
  change("base-image", "jammy", BASE_IMAGE_ALIAS),
  change("runner-storage", "memory", "juju-storage"),
  change("repo-policy", "external", "off"),
];

/** Invalid values; the option is restored after each. */
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
