/**
 * For `node -e`, with the LXD socket, the URL of GitHub's list and a token as arguments: reads both lists side by side
 * with as little as the runtime needs for it.
 */
export const PLAIN_LISTS = `
const { get } = require("node:http");
const [socketPath, url, token] = process.argv.slice(1);
const read = (...target) => new Promise((resolve, reject) => {
  get(...target, (reply) => {
    const chunks = [];
    reply.on("data", (chunk) => chunks.push(chunk));
    reply.on("end", () => {
      if (reply.statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString()));
      else reject(new Error(url + " answered " + reply.statusCode));
    });
  }).on("error", reject);
});
Promise.all([
  read({ socketPath, path: "/1.0/instances?recursion=1" }),
  read(url, { headers: { authorization: "Bearer " + token, "user-agent": "plain-lists" } }),
]).then(() => process.exit(0));
`;
