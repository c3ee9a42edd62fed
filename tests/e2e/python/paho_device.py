"""A device on paho-mqtt, an ordinary MQTT client, told by the test what to do.

Arguments: address, port, protocol version (3, 4 or 5), client id, user name, password; "keep" to keep the session.
Over WebSocket when TRANSPORT is "websockets".
Over TLS when the environment names in TLS_CA the file with the certificate to trust; with a certificate of its own, and neither user
name nor password, when TLS_CERT and TLS_KEY name files, too.
"""

import os
import sys

import lines
import paho.mqtt.client as mqtt


def content(payload):
    """A message as text, or as its bytes where it is none."""
    try:
        return {"payload": payload.decode()}
    except UnicodeDecodeError:
        return {"bytes": list(payload)}


def main():
    address, port, version, client_id, user_name, password, *keep = sys.argv[1:]
    version = int(version)
    is_five = version == mqtt.MQTTv5
    transport = os.environ.get("TRANSPORT", "tcp")
    clean = None if is_five else not keep
    client = mqtt.Client(client_id=client_id, clean_session=clean, protocol=version, transport=transport)
    if user_name:
        client.username_pw_set(user_name, password)
    if "TLS_CA" in os.environ:
        own = {"certfile": os.environ.get("TLS_CERT"), "keyfile": os.environ.get("TLS_KEY")}
        client.tls_set(ca_certs=os.environ["TLS_CA"], **own)
    session = lambda flags: {"session": flags["session present"]} if keep else {}
    # MQTT 5 has reason codes in the place of numbers, and properties behind them.
    number = lambda code: getattr(code, "value", code)
    client.on_connect = lambda c, u, flags, rc, *more: lines.say(
        {"event": "connected", "rc": number(rc), **session(flags)}
    )
    client.on_disconnect = lambda c, u, rc, *more: lines.say({"event": "disconnected", "rc": number(rc)})
    client.on_publish = lambda c, u, mid: lines.say({"event": "published", "mid": mid})
    client.on_subscribe = lambda c, u, mid, qos, *more: lines.say(
        {"event": "subscribed", "qos": [number(code) for code in qos]}
    )
    client.on_message = lambda c, u, m: lines.say(
        {"event": "message", "topic": m.topic, "qos": m.qos, **content(m.payload)}
    )
    client.connect(address, int(port), keepalive=60, **({"clean_start": not keep} if is_five else {}))
    client.loop_start()
    for command in lines.commands():
        if command["do"] == "subscribe":
            client.subscribe(command["topic"], command["qos"])
        elif command["do"] == "publish":
            payload = bytes(command["bytes"]) if "bytes" in command else command["payload"]
            client.publish(command["topic"], payload, command["qos"])
        else:
            raise ValueError(command["do"])
    client.disconnect()
    client.loop_stop()


main()
