"""Runs the Eclipse MQTT interoperability tests against the backend side of a platform.

    python interoperability.py FOLDER HOST PORT FIRST_RUN 3|5 [TEST ...]

FOLDER is `interoperability` of a checkout of eclipse/paho.mqtt.testing, which stays as it is: its clients connect without
a password, so each CONNECT gets the credentials of a backend with its client id. Prints one line a test.
"""

import hashlib
import hmac
import importlib
import json
import sys
import time
import unittest

folder, host, port, first_run, version = sys.argv[1:6]
sys.path.insert(0, folder)
with open(first_run, encoding="utf-8") as file:
    key = json.load(file)

suite = importlib.import_module("client_test" if version == "3" else "client_test5")
client = importlib.import_module("mqtt.clients.V311" if version == "3" else "mqtt.clients.V5").Client
connect = client.connect


def connect_as_backend(self, *arguments, **options):
    if options.get("username") is None:
        client_id = self.clientid if isinstance(self.clientid, bytes) else self.clientid.encode()
        user = f"{key['secret_id']};{int(time.time()) + 3600}"
        signed = user.encode() + b"\n" + client_id
        password = hmac.new(key["secret_key"].encode(), signed, hashlib.sha256).hexdigest()
        options["username"] = user.encode() if version == "3" else user
        options["password"] = password.encode()
    return connect(self, *arguments, **options)


client.connect = connect_as_backend
prefix = "" if version == "3" else "client_test5/"
suite.host, suite.port, suite.topic_prefix = host, int(port), prefix
suite.topics = [prefix + topic for topic in ["TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA"]]
suite.wildtopics = [prefix + topic for topic in ["TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#"]]
suite.nosubscribe_topics = ("test/nosubscribe",)
suite.nosubscribe_topic_filter = "test/nosubscribe"


class Lines(unittest.TestResult):
    def addSuccess(self, test):
        print("ok    ", test.id().rsplit(".", 1)[-1], flush=True)

    def addFailure(self, test, error):
        print("failed", test.id().rsplit(".", 1)[-1], "-", self._exc_info_to_string(error, test).strip().splitlines()[-1], flush=True)
        super().addFailure(test, error)

    addError = addFailure


loader = unittest.defaultTestLoader
tests = loader.loadTestsFromTestCase(suite.Test)
if sys.argv[6:]:
    tests = unittest.TestSuite(suite.Test(name) for name in sys.argv[6:])
result = Lines()
tests.run(result)
for _, trace in result.errors[:1]:
    print(trace)
sys.exit(0 if result.wasSuccessful() else 1)
