"""A device built with the vendor's SDK (tencent-iot-device) that has no secret yet: it registers, then reports.

Arguments: the SDK's device file, address of the server, its MQTT port, its HTTP port for devices, report or not.
"""

import json
import logging
import sys

import lines
import names
from explorer import explorer

DOMAIN = ".iotcloud.tencentdevices.com"


def main():
    file, address, mqtt_port, http_port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    with open(file, encoding="utf-8") as text:
        identity = json.load(text)
    product, device = identity["productId"], identity["deviceName"]
    names.resolve(DOMAIN, address, mqtt_port)
    names.resolve(".gateway.tencentdevices.com", address, http_port)
    logging.disable(logging.CRITICAL)

    sdk = explorer.QcloudExplorer(file, tls=False, domain=DOMAIN)
    code, told = sdk.dynregDevice()
    lines.say({"event": "registered", "code": code, "told": told})
    if code != 0:
        return
    ignore = lambda *_: None
    sdk.registerMqttCallback(
        lambda flags, rc, userdata: lines.say({"event": "connected", "rc": rc}), ignore, ignore, ignore, ignore, ignore
    )
    sdk.connect()
    reply = lambda topic, qos, payload, userdata: lines.say({"event": "property", "payload": payload})
    for command in lines.commands():
        if command["do"] == "template_init":
            sdk.templateInit(product, device, reply, ignore, ignore, ignore)
        elif command["do"] == "report":
            report = sdk.templateJsonConstructReportArray(product, device, command["params"])
            sdk.templateReport(product, device, report)
        else:
            sdk.disconnect()


main()
