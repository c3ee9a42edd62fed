// The devices a filter shows, all of them, as rows of a file.
import { call } from "../../../api/call";
import type { DeviceInfo, ListDevicesRequest } from "../../../api/generated";
import { patient } from "../../../api/patient";

type Rows = (string | number)[][];

const PAGE = 1000;
/** Devices whose secrets one call gives. */
const SECRETS = 100;

const HEAD = ["ProductId", "ProductName", "DeviceName", "DeviceType", "Status", "EnableState", "Version", "FirstOnlineTime", "LoginTime", "CreateTime"];

/** As the operations call them. */
const STATUS: Record<number, string> = { 0: "offline", 1: "online", 3: "inactive" };

export async function* devicePages(filter: ListDevicesRequest, isSecret: boolean, signal: AbortSignal): AsyncGenerator<Rows> {
  yield [isSecret ? [...HEAD, "DevicePsk"] : HEAD];
  let Context = "";
  for (;;) {
    const page = await patient(() => call("ListDevices", { ...filter, Context, Limit: PAGE }, signal), signal);
    const secrets = isSecret ? await secretsOf(page.Devices, signal) : undefined;
    yield page.Devices.map((device, at) => [...row(device), ...(secrets ? [secrets[at] ?? ""] : [])]);
    if (page.Listover) return;
    Context = page.Context;
  }
}

function row(device: DeviceInfo): (string | number)[] {
  const { ProductId, ProductName, DeviceName, DeviceType, Status, EnableState, Version } = device;
  const times = [device.FirstOnlineTime ?? 0, device.LoginTime, device.CreateTime].map(time);
  return [ProductId, ProductName, DeviceName, DeviceType, STATUS[Status] ?? Status, EnableState, Version, ...times];
}

function time(seconds: number): string {
  return seconds ? new Date(seconds * 1000).toISOString() : "";
}

async function secretsOf(devices: DeviceInfo[], signal: AbortSignal): Promise<string[]> {
  const all: string[] = [];
  for (let at = 0; at < devices.length; at += SECRETS) {
    const Devices = devices.slice(at, at + SECRETS).map(({ ProductId, DeviceName }) => ({ ProductId, DeviceName }));
    const { Secrets } = await patient(() => call("ListDeviceSecrets", { Devices }, signal), signal);
    all.push(...Secrets.map((secret) => secret.DevicePsk));
  }
  return all;
}
