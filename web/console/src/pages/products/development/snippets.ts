// Commands and programs with a product's own parameters in them. They are code, not words: the same in every language.
import type { AccessPointItem } from "../../../api/generated";

export type Way = "mosquitto" | "python" | "c" | "node" | "http";
export const WAYS: readonly Way[] = ["mosquitto", "python", "c", "node", "http"];

export interface Target {
  productId: string;
  deviceName: string;
  points: AccessPointItem[];
  /** Something of the thing model to report. */
  sample: Record<string, unknown>;
}

export function snippet(way: Way, target: Target): string {
  switch (way) {
    case "mosquitto":
      return `${publish(target)}\n\n${subscribe(target)}`;
    case "python":
      return python(target);
    case "c":
      return c(target);
    case "node":
      return node(target);
    case "http":
      return http(target);
  }
}

function point(target: Target, protocol: string): { host: string; port: number } {
  const found = target.points.find((each) => each.Protocol === protocol);
  return { host: found?.Host ?? location.hostname, port: found?.Port ?? (protocol === "mqtt" ? 1883 : 80) };
}

function report(target: Target): string {
  return JSON.stringify({ method: "report", clientToken: "1", params: target.sample });
}

/** A text inside single quotes of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function publish(target: Target, signIn = { clientId: "$ClientId", userName: "$UserName", password: "$Password" }): string {
  const { host, port } = point(target, "mqtt");
  return `mosquitto_pub -h ${host} -p ${port} -q 1 \\
  -i "${signIn.clientId}" -u "${signIn.userName}" \\
  -P "${signIn.password}" \\
  -t '$thing/up/property/${target.productId}/${target.deviceName}' \\
  -m ${quoted(report(target))}`;
}

export function subscribe(target: Target, signIn = { clientId: "$ClientId", userName: "$UserName", password: "$Password" }): string {
  const { host, port } = point(target, "mqtt");
  return `mosquitto_sub -h ${host} -p ${port} -q 1 -v \\
  -i "${signIn.clientId}" -u "${signIn.userName}" \\
  -P "${signIn.password}" \\
  -t '$thing/down/property/${target.productId}/${target.deviceName}'`;
}

/** The vendor's SDKs build the name from the ProductId: it must lead here. */
function hostsLine(target: Target): string {
  const { host } = point(target, "mqtt");
  return `echo "$(getent ahostsv4 ${host} | awk '{print $1; exit}') ${target.productId}.iotcloud.tencentdevices.com" | sudo tee -a /etc/hosts`;
}

function deviceInfo(target: Target): string {
  const info = {
    auth_mode: "KEY",
    region: "china",
    productSecret: "",
    productId: target.productId,
    deviceName: target.deviceName,
    key_deviceinfo: { deviceSecret: "YOUR_DEVICE_SECRET" },
    cert_deviceinfo: { devCaFile: "", devCertFile: "", devPrivateKeyFile: "" },
  };
  return JSON.stringify(info, null, 2);
}

function python(target: Target): string {
  const params = JSON.stringify(target.sample).replace(/\btrue\b/g, "True").replace(/\bfalse\b/g, "False");
  return `pip install 'paho-mqtt<2' pycryptodome && pip install --no-deps tencent-iot-device
${hostsLine(target)}

cat > device_info.json <<'EOF'
${deviceInfo(target)}
EOF

cat > device.py <<'EOF'
import time
from explorer.explorer import QcloudExplorer

device = QcloudExplorer(device_file="device_info.json", tls=False)
product, name = device.getProductID(), device.getDeviceName()
device.registerMqttCallback(*[lambda *_: None] * 6)
device.connect()
while not device.isMqttConnected():
    time.sleep(0.1)
show = lambda topic, qos, payload, userdata: print("down", payload)
device.templateInit(product, name, show, show, show, show)
device.templateReport(product, name, {"method": "report", "clientToken": "1", "params": ${params}})
time.sleep(5)
device.disconnect()
EOF
python device.py`;
}

function c(target: Target): string {
  const { productId, deviceName } = target;
  return `# device_info.json
{
  "auth_mode": "KEY",
  "productId": "${productId}",
  "productSecret": "YOUR_PRODUCT_SECRET",
  "deviceName": "${deviceName}",
  "key_deviceinfo": { "deviceSecret": "YOUR_DEVICE_SECRET" },
  "cert_deviceinfo": { "devCertFile": "", "devPrivateKeyFile": "" },
  "subDev": { "sub_productId": "", "sub_devName": "" },
  "region": "china"
}

${hostsLine(target)}
# CMakeLists.txt: set(FEATURE_AUTH_MODE "KEY"), set(FEATURE_AUTH_WITH_NOTLS ON), set(FEATURE_DEBUG_DEV_INFO_USED OFF)
./cmake_build.sh && ./output/release/bin/data_template_sample -c ./device_info.json`;
}

function node(target: Target): string {
  const { host, port } = point(target, "mqtt");
  const { productId, deviceName } = target;
  return `// npm install mqtt
import { createHmac } from "node:crypto";
import mqtt from "mqtt";

const product = "${productId}", name = "${deviceName}", secret = process.env.DEVICE_SECRET;
const clientId = product + name;
const username = \`\${clientId};12010126;abcde;\${Math.floor(Date.now() / 1000) + 3600}\`;
const key = Buffer.from(secret, "base64");
const password = createHmac("sha256", key).update(username).digest("hex") + ";hmacsha256";

const client = mqtt.connect("mqtt://${host}:${port}", { clientId, username, password, protocolVersion: 4 });
client.on("message", (topic, payload) => console.log(topic, payload.toString()));
client.on("connect", () => {
  client.subscribe(\`$thing/down/property/\${product}/\${name}\`, { qos: 1 });
  client.publish(\`$thing/up/property/\${product}/\${name}\`, ${quotedJs(report(target))}, { qos: 1 });
});`;
}

function quotedJs(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function http(target: Target): string {
  const { host, port } = point(target, "device_http");
  const body = {
    ProductId: target.productId,
    DeviceName: target.deviceName,
    TopicName: `$thing/up/property/${target.productId}/${target.deviceName}`,
    Payload: report(target),
    Qos: 1,
  };
  return `HOST='${host}:${port}' SECRET='YOUR_DEVICE_SECRET' TIME=$(date +%s)
BODY=${quoted(JSON.stringify(body))}
HASH=$(printf %s "$BODY" | openssl dgst -sha256 | sed 's/.*= //')
SIGNATURE=$(printf 'POST\\n%s\\n/device/publish\\n\\nhmacsha256\\n%s\\n42\\n%s' "$HOST" "$TIME" "$HASH" |
  openssl dgst -sha256 -hmac "$SECRET" -binary | base64 -w0)
curl "http://$HOST/device/publish" --data-binary "$BODY" -H 'Content-Type: application/json' \\
  -H 'X-TC-Algorithm: hmacsha256' -H "X-TC-Timestamp: $TIME" -H 'X-TC-Nonce: 42' -H "X-TC-Signature: $SIGNATURE"`;
}
