/** What `npm publish` runs first in a folder of `packages/`, where the sources are and not what is published. */
console.error(
  "Cannot publish from packages/: this folder has the sources; run npm run release in the root of the repository, " +
    "which builds, checks and publishes all packages",
);
process.exitCode = 1;
