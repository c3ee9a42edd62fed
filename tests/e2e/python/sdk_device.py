"""A device built with the vendor's SDK (tencent-iot-device), told by the test what to do.

Arguments: the SDK's device file, address and port of the server.
"""

import json
import logging
import sys

import lines
import names
from explorer import explorer

DOMAIN = ".iotcloud.tencentdevices.com"


def main():
    file, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(file, encoding="utf-8") as text:
        identity = json.load(text)
    product, device = identity["productId"], identity["deviceName"]
    names.resolve(DOMAIN, address, port)
    logging.disable(logging.CRITICAL)

    def message(kind):
        return lambda topic, qos, payload, userdata: lines.say(
            {"event": kind, "topic": topic, "qos": qos, "payload": payload}
        )

    sdk = explorer.QcloudExplorer(file, tls=False, domain=DOMAIN)
    sdk.registerMqttCallback(
        lambda flags, rc, userdata: lines.say({"event": "connected", "rc": rc}),
        lambda rc, userdata: lines.say({"event": "disconnected", "rc": rc}),
        message("message"),
        lambda mid, userdata: lines.say({"event": "published", "mid": mid}),
        lambda qos, mid, userdata: lines.say({"event": "subscribed", "qos": qos, "mid": mid}),
        lambda mid, userdata: lines.say({"event": "unsubscribed", "mid": mid}),
    )
    sdk.connect()

    def reply(command):
        para = explorer.QcloudExplorer.ReplyPara()
        para.code, para.status_msg = command["code"], command["status"]
        return para

    for command in lines.commands():
        do = command["do"]
        if do == "template_init":
            rc, mid = sdk.templateInit(
                product, device, message("property"), message("action"), message("event"), message("service")
            )
        elif do == "report":
            report = sdk.templateJsonConstructReportArray(product, device, command["params"])
            rc, mid = sdk.templateReport(product, device, report)
        elif do == "report_info":
            rc, mid = sdk.templateReportSysInfo(product, device, command["params"])
        elif do == "get_status":
            rc, mid = sdk.templateGetStatus(product, device)
        elif do == "clear_control":
            rc, mid = sdk.clearControl(product, device)
        elif do == "events":
            rc, mid = sdk.templateEventPost(product, device, {"events": command["events"]})
        elif do == "control_reply":
            rc, mid = sdk.templateControlReply(product, device, reply(command))
        elif do == "action_reply":
            rc, mid = sdk.templateActionReply(
                product, device, command["clientToken"], command["response"], reply(command)
            )
        elif do == "time":
            lines.say({"event": "time", "time": sdk.getNtpAccurateTime()})
            rc = 0
        elif do == "ota_init":
            rc, mid = sdk.otaInit(product, device, message("ota"))
        elif do == "ota_report_version":
            rc, mid = sdk.otaReportVersion(product, device, command["version"])
        elif do == "publish":
            rc, mid = sdk.publish(command["topic"], command["payload"], command["qos"])
        elif do == "disconnect":
            sdk.disconnect()
            rc = 0
        else:
            raise ValueError(do)
        if rc != 0:
            lines.say({"event": "failed", "do": do, "rc": rc})


main()
