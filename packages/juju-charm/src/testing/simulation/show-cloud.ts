import type { CloudSpec } from "../../tools/cloud-spec.ts";

/** The output of `credential-get` for a cloud. */
export function showCloud(cloud: CloudSpec): object {
  const { credential } = cloud;
  const attributes = Object.entries(credential?.attributes ?? {}).map(
    ([key, value]) => [key, value.reveal()] as const,
  );
  return {
    type: cloud.type,
    name: cloud.name,
    region: cloud.region,
    endpoint: cloud.endpoint,
    "identity-endpoint": cloud.identityEndpoint,
    "storage-endpoint": cloud.storageEndpoint,
    credential: credential && {
      "auth-type": credential.authType,
      attrs: Object.fromEntries(attributes),
      redacted: credential.redacted,
    },
    cacertificates: cloud.caCertificates,
    "skip-tls-verify": cloud.skipTLSVerify,
    "is-controller-cloud": cloud.isControllerCloud,
  };
}
