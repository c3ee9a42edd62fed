"""The hub part of the vendor's SDK (tencent-iot-device), connected: what every program built with it begins with.

Arguments of the program: the SDK's device file, address and port of the server.
"""

import json
import logging
import sys

import lines
import names
from hub import hub

DOMAIN = ".iotcloud.tencentdevices.com"


def ignore(*args):
    return None


def start(message=ignore):
    """The SDK, connecting, with its product and device name. `message` is called with what no other callback takes."""
    file, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(file, encoding="utf-8") as text:
        identity = json.load(text)
    names.resolve(DOMAIN, address, port)
    logging.disable(logging.CRITICAL)
    sdk = hub.QcloudHub(file, tls=False, domain=DOMAIN).hub
    sdk.registerMqttCallback(
        lambda flags, rc, userdata: lines.say({"event": "connected", "rc": rc}),
        lambda rc, userdata: lines.say({"event": "disconnected", "rc": rc}),
        message,
        ignore,
        lambda qos, mid, userdata: lines.say({"event": "subscribed", "qos": qos, "mid": mid}),
        ignore,
    )
    sdk.connect()
    return sdk, identity["productId"], identity["deviceName"]
