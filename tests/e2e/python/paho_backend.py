"""A backend on paho-mqtt over MQTT 5, told by the test what to do.

Arguments: address, port, client id, user name, password, and the will as JSON (`{"topic", "payload", "qos", "retain",
"properties"}`) or "null"; then, if its session is to be kept, for how many seconds: it comes back to what there is, and says
whether there was something. Codes are said as numbers and read aloud, as the library names them.
"""

import json
import os
import sys

import lines
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions


def properties(kind, given):
    """`{"UserProperty": [["a", "b"]], "TopicAlias": 1}`; binary values are hexadecimal."""
    if given is None:
        return None
    made = Properties(kind)
    for name, value in given.items():
        if name == "UserProperty":
            value = [tuple(pair) for pair in value]
        elif name == "CorrelationData":
            value = bytes.fromhex(value)
        setattr(made, name, value)
    return made


def plain(given):
    """What came, as JSON can say it."""
    said = {}
    for name in given.names if given is not None else []:
        name = name.replace(" ", "")
        if hasattr(given, name):
            value = getattr(given, name)
            said[name] = value.hex() if isinstance(value, bytes) else value
    return said


def code(reason):
    return {"code": reason.value, "words": str(reason)}


def main():
    address, port, client_id, user_name, password, will = sys.argv[1:7]
    kept = int(sys.argv[7]) if sys.argv[7:] else 0
    client = mqtt.Client(client_id=client_id, protocol=mqtt.MQTTv5)
    client.username_pw_set(user_name, password)
    will = json.loads(will)
    if will:
        of_will = properties(PacketTypes.WILLMESSAGE, will.get("properties"))
        client.will_set(will["topic"], will["payload"], will["qos"], will["retain"], of_will)
    client.on_connect = lambda c, u, flags, reason, given: lines.say(
        {"event": "connected", **code(reason), "properties": plain(given),
         **({"session": flags["session present"]} if kept else {})}
    )
    client.on_disconnect = lambda c, u, reason, given=None: lines.say(
        {"event": "disconnected", **(code(reason) if hasattr(reason, "value") else {"code": reason, "words": ""}),
         "why": plain(given).get("ReasonString")}
    )
    client.on_publish = lambda c, u, mid: lines.say({"event": "published"})
    client.on_subscribe = lambda c, u, mid, reasons, given: lines.say(
        {"event": "subscribed", "reasons": [code(reason) for reason in reasons]}
    )
    client.on_unsubscribe = lambda c, u, mid, given, reasons: lines.say(
        {"event": "unsubscribed", "reasons": [code(reason) for reason in (reasons if isinstance(reasons, list) else [reasons])]}
    )
    client.on_message = lambda c, u, m: lines.say(
        {"event": "message", "topic": m.topic, "qos": m.qos, "retain": bool(m.retain), "payload": m.payload.decode(),
         "properties": plain(m.properties)}
    )
    given = properties(PacketTypes.CONNECT, {"SessionExpiryInterval": kept} if kept else None)
    client.connect(address, int(port), keepalive=60, clean_start=not kept, properties=given)
    client.loop_start()
    for command in lines.commands():
        do = command.pop("do")
        if do == "subscribe":
            given = properties(PacketTypes.SUBSCRIBE, command.pop("properties", None))
            topic = command.pop("topic")
            client.subscribe(topic, options=SubscribeOptions(**command), properties=given)
        elif do == "unsubscribe":
            client.unsubscribe(command["topic"])
        elif do == "publish":
            given = properties(PacketTypes.PUBLISH, command.get("properties"))
            client.publish(command["topic"], command["payload"], command["qos"], command.get("retain", False), given)
        elif do == "break off":
            # No goodbye: the will is sent.
            os._exit(0)
        else:
            raise ValueError(do)
    client.disconnect()
    client.loop_stop()


main()
