"""A project, a product, a thing model and a device through Tencent Cloud's own Python SDK.

    python docs/examples/lamp.py create             make them; writes lamp.json for the device
    python docs/examples/lamp.py latest             latest values
    python docs/examples/lamp.py history brightness one property over the last hour
    python docs/examples/lamp.py control brightness=80
"""
import json
import os
import sys
import time

from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.iotexplorer.v20190423 import models
from tencentcloud.iotexplorer.v20190423.iotexplorer_client import IotexplorerClient

with open(os.environ.get("LIANWU_DATA", "data") + "/first-run.json") as file:
    first_run = json.load(file)

# The only two settings that differ from the public cloud: endpoint (without a scheme) and protocol.
http = HttpProfile(protocol="http", endpoint=first_run["listen"]["http"])
credential = Credential(first_run["secret_id"], first_run["secret_key"])
client = IotexplorerClient(credential, first_run["region"], ClientProfile(httpProfile=http))


def call(name, **fields):
    """Calls one operation; its request has the operation's name."""
    request = getattr(models, name + "Request")()
    request.from_json_string(json.dumps(fields))
    return getattr(client, name)(request)


def create():
    project = call("CreateProject", ProjectName="home", ProjectDesc="first steps").Project
    # EncryptionType 2: devices sign in with a key. DataProtocol 1: thing model.
    product = call("CreateStudioProduct", ProjectId=project.ProjectId, ProductName="desk-lamp", ProductDesc="",
                   CategoryId=1, ProductType=0, EncryptionType="2", NetType="wifi", DataProtocol=1).Product
    with open("spec/thing-models/lamp.json") as file:
        call("ModifyModelDefinition", ProductId=product.ProductId, ModelSchema=file.read())
    device = call("CreateDevice", ProductId=product.ProductId, DeviceName="lamp-01").Data
    # The form of this file is that of the vendor's device SDKs.
    with open("lamp.json", "w") as file:
        json.dump({
            "auth_mode": "KEY", "region": "china", "productSecret": "",
            "productId": product.ProductId, "deviceName": device.DeviceName,
            "key_deviceinfo": {"deviceSecret": device.DevicePsk},
            "cert_deviceinfo": {"devCaFile": "", "devCertFile": "", "devPrivateKeyFile": ""},
        }, file, indent=2)
    print("ProductId   ", product.ProductId)
    print("DeviceName  ", device.DeviceName)
    print("DeviceSecret", device.DevicePsk)


def lamp():
    with open("lamp.json") as file:
        device = json.load(file)
    return {"ProductId": device["productId"], "DeviceName": device["deviceName"]}


def latest():
    print(call("DescribeDeviceData", **lamp()).Data)


def history(field):
    now = int(time.time() * 1000)
    page = call("DescribeDeviceDataHistory", **lamp(), FieldName=field, MinTime=now - 3600_000, MaxTime=now, Limit=100)
    for row in page.Results:
        print(row.Time, row.Value)


def control(change):
    name, value = change.split("=", 1)
    answer = call("ControlDeviceData", **lamp(), Data=json.dumps({name: json.loads(value)}))
    print(answer.Result)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    {"create": create, "latest": latest, "history": history, "control": control}[sys.argv[1]](*sys.argv[2:])
