"""Calls the cloud API through the vendor's SDKs (tencentcloud-sdk-python-iotexplorer and -iotcloud), as the test says.

The first line is the profile, whose `service` may be `iotcloud`, every further line one call: `{"action", "parameters"}`. With `"plain": true` the
parameters go out unchecked, through the SDK's generic call, because its typed requests drop unknown names.
"""

import json
import time
import warnings

import lines


def main():
    commands = lines.commands()
    profile = next(commands)
    if profile.get("clock_offset_s"):
        # A machine whose clock is wrong.
        system = time.time
        time.time = lambda: system() + profile["clock_offset_s"]

    from tencentcloud.common import credential
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile

    if profile.get("service") == "lianwu":
        # The platform's own service, through the SDK's generic client: no names are known to the SDK.
        from tencentcloud.common.common_client import CommonClient

        models = None

        def Client(key, region, profile):
            return CommonClient("lianwu", "2026-11-01", key, region, profile)

    elif profile.get("service") == "iotcloud":
        from tencentcloud.iotcloud.v20210408 import models
        from tencentcloud.iotcloud.v20210408.iotcloud_client import IotcloudClient as Client
    else:
        from tencentcloud.iotexplorer.v20190423 import models
        from tencentcloud.iotexplorer.v20190423.iotexplorer_client import IotexplorerClient as Client

    warnings.simplefilter("ignore")
    http = HttpProfile(protocol="http", endpoint=profile["endpoint"], reqMethod=profile.get("method", "POST"))
    client_profile = ClientProfile(
        signMethod=profile.get("sign", "TC3-HMAC-SHA256"), httpProfile=http, language=profile.get("language", "en-US")
    )
    key = credential.Credential(profile["secret_id"], profile["secret_key"])
    client = Client(key, profile["region"], client_profile)

    for command in commands:
        action, parameters = command["action"], command["parameters"]
        try:
            if command.get("plain") or models is None:
                response = client.call_json(action, parameters)["Response"]
            else:
                request = getattr(models, action + "Request")()
                request.from_json_string(json.dumps(parameters))
                response = json.loads(getattr(client, action)(request).to_json_string())
            lines.say({"response": response})
        except TencentCloudSDKException as error:
            lines.say(
                {"error": {"code": error.get_code(), "message": error.get_message(), "id": error.get_request_id()}}
            )


main()
