// The same request as a program. Code is the same in every language people speak.
import type { Operation } from "./catalogue";
import type { JsonMap } from "./values";

export type Program = "python" | "node" | "curl";
export const PROGRAMS: readonly Program[] = ["python", "node", "curl"];
export const programNames: Record<Program, string> = { python: "Python", node: "Node.js", curl: "curl" };

export function program(kind: Program, operation: Operation, request: JsonMap): string {
  switch (kind) {
    case "python":
      return python(operation, request);
    case "node":
      return node(operation, request);
    case "curl":
      return curl(operation, request);
  }
}

const REGION = "ap-guangzhou";
const scheme = () => location.protocol.replace(":", "");

function python({ service, version, name }: Operation, request: JsonMap): string {
  return `# pip install tencentcloud-sdk-python-common
import json
import os

from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

credential = Credential(os.environ["SECRET_ID"], os.environ["SECRET_KEY"])
profile = ClientProfile(httpProfile=HttpProfile(protocol="${scheme()}", endpoint="${location.host}"))
client = CommonClient("${service}", "${version}", credential, "${REGION}", profile)
request = json.loads(${pythonText(JSON.stringify(request, null, 2))})
print(json.dumps(client.call_json("${name}", request), indent=2, ensure_ascii=False))`;
}

/** A raw text literal; where three quotes or a closing backslash stand in the text, JSON's own escapes will do. */
function pythonText(text: string): string {
  return text.includes('"""') || text.endsWith("\\") ? JSON.stringify(text) : `r"""${text}"""`;
}

function node({ service, version, name }: Operation, request: JsonMap): string {
  return `// npm install tencentcloud-sdk-nodejs-common
const { CommonClient } = require("tencentcloud-sdk-nodejs-common");

const client = new CommonClient("${service}.tencentcloudapi.com", "${version}", {
  credential: { secretId: process.env.SECRET_ID, secretKey: process.env.SECRET_KEY },
  region: "${REGION}",
  profile: { httpProfile: { protocol: "${scheme()}://", endpoint: "${location.host}" } },
});

client
  .request("${name}", ${JSON.stringify(request, null, 2).replaceAll("\n", "\n  ")})
  .then((answer) => console.log(JSON.stringify(answer, null, 2)), console.error);`;
}

function curl({ service, version, name }: Operation, request: JsonMap): string {
  const body = JSON.stringify(request).replaceAll("'", `'\\''`);
  return `#!/bin/bash
# SECRET_ID and SECRET_KEY come from the environment; signature TC3-HMAC-SHA256.
HOST='${location.host}' SERVICE=${service} TIME=$(date +%s)
DAY=$(date -u -d @$TIME +%F) TYPE='application/json; charset=utf-8'
BODY='${body}'

hash() { openssl dgst -sha256 | sed 's/.*= //'; }
hmac() { openssl dgst -sha256 -mac HMAC -macopt "$1" | sed 's/.*= //'; }

CANONICAL=$(printf 'POST\\n/\\n\\ncontent-type:%s\\nhost:%s\\n\\ncontent-type;host\\n%s' "$TYPE" "$HOST" "$(printf %s "$BODY" | hash)")
SCOPE="$DAY/$SERVICE/tc3_request"
TO_SIGN=$(printf 'TC3-HMAC-SHA256\\n%s\\n%s\\n%s' "$TIME" "$SCOPE" "$(printf %s "$CANONICAL" | hash)")
KEY=$(printf %s "$DAY" | hmac "key:TC3$SECRET_KEY")
KEY=$(printf %s "$SERVICE" | hmac "hexkey:$KEY")
KEY=$(printf tc3_request | hmac "hexkey:$KEY")
SIGNATURE=$(printf %s "$TO_SIGN" | hmac "hexkey:$KEY")

curl -s '${scheme()}://${location.host}/' -H "Host: $HOST" -H "Content-Type: $TYPE" --data-binary "$BODY" \\
  -H "X-TC-Action: ${name}" -H "X-TC-Version: ${version}" -H "X-TC-Region: ${REGION}" -H "X-TC-Timestamp: $TIME" \\
  -H "Authorization: TC3-HMAC-SHA256 Credential=$SECRET_ID/$SCOPE, SignedHeaders=content-type;host, Signature=$SIGNATURE"`;
}
