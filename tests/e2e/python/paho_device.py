"""A device on paho-mqtt, an ordinary MQTT client, told by the test what to do.

Arguments: address, port, protocol version (3 or 4), client id, user name, password; "keep" to keep the session.
"""

import sys

import lines
import paho.mqtt.client as mqtt


def main():
    address, port, version, client_id, user_name, password, *keep = sys.argv[1:]
    client = mqtt.Client(client_id=client_id, clean_session=not keep, protocol=int(version))
    client.username_pw_set(user_name, password)
    session = lambda flags: {"session": flags["session present"]} if keep else {}
    client.on_connect = lambda c, u, flags, rc: lines.say({"event": "connected", "rc": rc, **session(flags)})
    client.on_disconnect = lambda c, u, rc: lines.say({"event": "disconnected", "rc": rc})
    client.on_publish = lambda c, u, mid: lines.say({"event": "published", "mid": mid})
    client.on_subscribe = lambda c, u, mid, qos: lines.say({"event": "subscribed", "qos": list(qos)})
    client.on_message = lambda c, u, m: lines.say(
        {"event": "message", "topic": m.topic, "qos": m.qos, "payload": m.payload.decode()}
    )
    client.connect(address, int(port), keepalive=60)
    client.loop_start()
    for command in lines.commands():
        if command["do"] == "subscribe":
            client.subscribe(command["topic"], command["qos"])
        elif command["do"] == "publish":
            client.publish(command["topic"], command["payload"], command["qos"])
        else:
            raise ValueError(command["do"])
    client.disconnect()
    client.loop_stop()


main()
