"""A lamp with Tencent Cloud's own Python device SDK: reports once a second, prints and obeys what it is told.

    python docs/examples/device.py lamp.json
"""
import sys
import time

from explorer.explorer import QcloudExplorer

# tls=False: the SDK's TLS sign-in with a key needs port 8883, which is not there yet.
device = QcloudExplorer(device_file=sys.argv[1], tls=False)
product, name = device.getProductID(), device.getDeviceName()
brightness = 0


def on_property(topic, qos, payload, userdata):
    """report_reply, get_status_reply and control arrive here."""
    global brightness
    print("down", payload)
    if payload.get("method") == "control":
        brightness = payload["params"].get("brightness", brightness)
        reply = device.ReplyPara()
        reply.code, reply.status_msg = 0, ""
        device.templateControlReply(product, name, reply)


def ignore(topic, qos, payload, userdata):
    print("down", payload)


device.registerMqttCallback(*[lambda *_: None] * 6)
device.connect()
while not device.isMqttConnected():
    time.sleep(0.1)
device.templateInit(product, name, on_property, ignore, ignore, ignore)
try:
    while True:
        brightness = (brightness + 1) % 101
        report = {"method": "report", "clientToken": f"{product}-{brightness}",
                  "params": {"power_switch": 1, "brightness": brightness}}
        device.templateReport(product, name, report)
        time.sleep(1)
except KeyboardInterrupt:
    device.disconnect()
