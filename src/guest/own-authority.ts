import { CA_CERTIFICATES, LOCAL_CERTIFICATES } from "./paths.ts";
import { writeText } from "./write-file.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Commands that put certificates into the guest's store. The build needs them for its downloads, so they come first if the
 * base image has the program.
 *
 * @param certificates in PEM format.
 */
export function trustCertificates(certificates: string): readonly string[] {
  const single = certificates.match(CERTIFICATE) ?? [];
  return [
    'echo "step: Trusting ca-certificate"',
    ...writeText({ path: CA_CERTIFICATES, mode: "0644", content: certificates }),
    // The program accepts one certificate in each file.
    ...single.flatMap((pem, index) =>
      writeText({
        path: `${LOCAL_CERTIFICATES}/github-runner-${index + 1}.crt`,
        mode: "0644",
        content: `${pem}\n`,
      }),
    ),
    // Programs on Node.js, such as npm and most actions, do not read the store.
    `export NODE_EXTRA_CA_CERTS=${CA_CERTIFICATES}`,
    "if command -v update-ca-certificates >/dev/null; then update-ca-certificates; fi",
  ];
}

/** Commands for the time after the packages, of which one may bring the program. */
export const updateStore: readonly string[] = [
  "if ! command -v update-ca-certificates >/dev/null; then",
  '  echo "ca-certificate needs the package ca-certificates, add it to image-packages" >&2',
  "  exit 1",
  "fi",
  "update-ca-certificates",
];
