import { expect, it } from "vitest";

import { ApiError } from "./error";

it("takes apart what somebody has no right to", () => {
  const denied = (message: string, code = "UnauthorizedOperation") => new ApiError(code, message, "").denied;
  const said = "[request id:1]you are not authorized to perform operation (iotexplorer:DeleteDevice)\nresource (qcs::a) has no permission\nresource (qcs::b) has no permission";
  const both = { operation: "iotexplorer:DeleteDevice", resources: ["qcs::a", "qcs::b"], reason: "" };
  expect(denied(`${said}\n`)).toEqual(both);
  expect(denied(`未授权访问。(${said})\n`)).toEqual(both);
  const platform = "[request id:1]you are not authorized to perform operation (lianwu:DescribeActivity)\nresource (*) has no permission\nThis concerns the platform.";
  expect(denied(platform)).toEqual({ operation: "lianwu:DescribeActivity", resources: [], reason: "This concerns the platform." });
  expect(denied(said, "FailedOperation")).toBeUndefined();
  expect(denied("A gateway has devices.")).toBeUndefined();
});

it("says at a field what is wrong, not which field", () => {
  const at = (message: string) => new ApiError("InvalidParameterValue", message, "").atField;
  expect(at("参数 `OldPassword` 取值错误：旧密码错误。")).toBe("旧密码错误。");
  expect(at("参数 `Offset` 格式错误：应为整数。")).toBe("应为整数。");
  expect(at("The value of parameter `OldPassword` is wrong: it is not the present password.")).toBe("It is not the present password.");
  expect(at("The parameter `Offset` is malformed: a whole number.")).toBe("A whole number.");
  expect(at("The product has a device of this name; choose another DeviceName.")).toBe("The product has a device of this name; choose another DeviceName.");
});
