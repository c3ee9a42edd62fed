"""A gateway built with the hub part of the vendor's SDK (tencent-iot-device), told by the test what to do.

Arguments: the SDK's device file, address and port of the server.
"""

import hub_device
import lines


def main():
    sdk, product, name = hub_device.start(
        lambda topic, qos, payload, userdata: lines.say({"event": "message", "topic": topic, "payload": payload})
    )

    def down(topic, qos, payload, userdata):
        lines.say({"event": "down", "topic": topic, "qos": qos, "payload": payload})

    for command in lines.commands():
        do, sub = command["do"], command.get("sub", [])
        if do == "init":
            rc, _ = sdk.gatewayInit()
        elif do == "bind":
            rc, _ = sdk.gatewaySubdevBind(*sub, command["secret"])
        elif do == "unbind":
            rc, _ = sdk.gatewaySubdevUnbind(*sub)
        elif do == "online":
            rc, _ = sdk.gatewaySubdevOnline(*sub)
        elif do == "offline":
            rc, _ = sdk.gatewaySubdevOffline(*sub)
        elif do == "subscribe":
            sdk.register_explorer_callback(command["topic"], down)
            if "qos" in command:
                # Its call for sub-devices knows QoS 0 only.
                rc, _ = sdk.subscribe(command["topic"], command["qos"])
            else:
                rc, _ = sdk.gatewaySubdevSubscribe(command["topic"])
        elif do == "publish":
            rc, _ = sdk.publish(command["topic"], command["payload"], command["qos"])
        elif do == "list":
            rc, found = sdk.gatewaySubdevGetBindList(product, name)
            lines.say({"event": "list", "sub": [[device.product_id, device.device_name] for device in found]})
        else:
            raise ValueError(do)
        # Its calls wait for the platform's answer; 0 means that there was one and it said 0.
        lines.say({"event": "done", "do": do, "rc": rc})


main()
