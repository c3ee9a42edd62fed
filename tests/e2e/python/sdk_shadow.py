"""A device built with the hub part of the vendor's SDK (tencent-iot-device), which has the shadow; told by the test what to do.

Arguments: the SDK's device file, address and port of the server.
"""

import hub_device
import lines


class Value:
    """One entry of a report, in the SDK's form."""

    def __init__(self, kind, key, data):
        self.type, self.key, self.data = kind, key, data


def main():
    sdk, product, device = hub_device.start()

    def shadow(topic, qos, payload, userdata):
        lines.say({"event": "shadow", "topic": topic, "qos": qos, "payload": payload})

    for command in lines.commands():
        do = command["do"]
        if do == "init":
            rc, mid = sdk.shadowInit(product, device, shadow)
        elif do == "get":
            rc, mid = sdk.getShadow(product, device)
        elif do == "report":
            values = [Value(*value) for value in command["values"]]
            document = sdk.shadowJsonConstructReport(product, device, *values)
            document.update(command.get("more", {}))
            rc, mid = sdk.shadowUpdate(product, device, document, len(document))
        elif do == "clear":
            document = sdk.shadowJsonConstructDesireAllNull(product, device)
            rc, mid = sdk.shadowUpdate(product, device, document, len(document))
        else:
            raise ValueError(do)
        if rc != 0:
            lines.say({"event": "failed", "do": do, "rc": rc})


main()
