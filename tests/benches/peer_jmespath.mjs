// The least CPU time of npm's jmespath on the bodies and rules that `cargo bench … --bench prune -- --write DIR` wrote.
//
//     node tests/benches/peer_jmespath.mjs DIR        (needs `npm install jmespath` in DIR)

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const directory = resolve(process.argv[2]);
const jmespath = createRequire(`${directory}/`)("jmespath");
for (const { label, payload, rule } of JSON.parse(readFileSync(`${directory}/rules.json`, "utf8"))) {
  const text = readFileSync(`${directory}/${payload}-1MB.json`, "utf8");
  let least = Infinity;
  for (let round = 0; round < 40; round += 1) {
    const start = process.cpuUsage();
    JSON.stringify(jmespath.search(JSON.parse(text), rule));
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, user + system);
  }
  console.log(`${label}: ${least} us`);
}
