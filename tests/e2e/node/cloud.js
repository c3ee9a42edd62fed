// Calls the cloud API through the vendor's SDK (tencentcloud-sdk-nodejs), as the test says: the first line is the
// profile, every further line one call, one line of answer each. An operation the SDK has no method for goes through its
// generic one. With `clock_offset_s` the machine's clock is wrong by as much.
"use strict";

const readline = require("node:readline");
const { iotexplorer } = require("tencentcloud-sdk-nodejs/tencentcloud/services/iotexplorer");

async function main() {
  let client;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    if (!client) {
      if (command.clock_offset_s) {
        const Right = Date;
        const now = () => Right.now() + command.clock_offset_s * 1000;
        global.Date = class extends Right {
          constructor(...given) {
            super(...(given.length ? given : [now()]));
          }
          static now() {
            return now();
          }
        };
      }
      client = new iotexplorer.v20190423.Client({
        credential: { secretId: command.secret_id, secretKey: command.secret_key },
        region: command.region,
        profile: {
          signMethod: command.sign ?? "TC3-HMAC-SHA256",
          language: "en-US",
          httpProfile: { protocol: "http://", endpoint: command.endpoint, reqMethod: command.method ?? "POST" },
        },
      });
      continue;
    }
    try {
      const { action, parameters } = command;
      const response = client[action] ? await client[action](parameters) : await client.request(action, parameters);
      console.log(JSON.stringify({ response }));
    } catch (error) {
      console.log(JSON.stringify({ error: { code: error.code, message: error.message, id: error.requestId } }));
    }
  }
}

main();
