"""A device built with the hub part of the vendor's SDK (tencent-iot-device), which answers questions and hears broadcasts.

Arguments: the SDK's device file, address and port of the server. Commands: `{"do": "rrpc", "answer": ..}` answers every question from then
on with this value, or not at all when it is null; `{"do": "broadcast"}` listens to broadcasts.
"""

import hub_device
import lines


def main():
    sdk, product, device = hub_device.start()
    answer = None

    def question(topic, qos, payload, userdata):
        lines.say({"event": "question", "topic": topic, "payload": payload})
        if answer is not None:
            sdk.rrpcReply(product, device, answer, len(answer))

    def broadcast(topic, qos, payload, userdata):
        lines.say({"event": "broadcast", "topic": topic, "qos": qos, "payload": payload})

    for command in lines.commands():
        do = command["do"]
        if do == "rrpc":
            answer = command["answer"]
            rc, _ = sdk.rrpcInit(product, device, question)
        elif do == "broadcast":
            rc, _ = sdk.broadcastInit(product, device, broadcast)
        else:
            raise ValueError(do)
        if rc != 0:
            lines.say({"event": "failed", "do": do, "rc": rc})


main()
