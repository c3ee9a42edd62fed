// What the numbers and letters of a product mean.
import { texts } from "../../text/language";

export const productWords = texts(
  {
    type: { 0: "设备", 5: "网关" } as Record<number, string>,
    auth: { "1": "证书认证", "2": "密钥认证", "21": "TID-SE", "22": "TID 软加固" } as Record<string, string>,
    protocol: { 1: "物模型", 2: "自定义透传" } as Record<number, string>,
    status: { dev: "开发中", audit: "审核中", released: "已发布" } as Record<string, string>,
    net: {
      wifi: "Wi-Fi",
      "wifi-ble": "Wi-Fi + BLE",
      cellular: "2G/3G/4G 蜂窝",
      "5g": "5G 蜂窝",
      lorawan: "LoRaWAN",
      ble: "BLE",
      ethernet: "以太网",
      "wifi-ethernet": "Wi-Fi + 以太网",
      else: "其他",
      sub_zigbee: "Zigbee（子设备）",
      sub_ble: "BLE（子设备）",
      sub_433mhz: "433 MHz（子设备）",
      sub_blemesh: "BLE Mesh（子设备）",
      sub_else: "其他（子设备）",
    } as Record<string, string>,
    category: { 1: "用户自定义", 3: "电工照明-灯" } as Record<number, string>,
    otherCategory: (id: number) => `品类 ${id}`,
  },
  {
    type: { 0: "Device", 5: "Gateway" } as Record<number, string>,
    auth: { "1": "Certificate", "2": "Key", "21": "TID-SE", "22": "TID, soft-hardened" } as Record<string, string>,
    protocol: { 1: "Thing model", 2: "Custom, raw bytes" } as Record<number, string>,
    status: { dev: "In development", audit: "In review", released: "Released" } as Record<string, string>,
    net: {
      wifi: "Wi-Fi",
      "wifi-ble": "Wi-Fi + BLE",
      cellular: "Cellular 2G/3G/4G",
      "5g": "Cellular 5G",
      lorawan: "LoRaWAN",
      ble: "BLE",
      ethernet: "Ethernet",
      "wifi-ethernet": "Wi-Fi + Ethernet",
      else: "Other",
      sub_zigbee: "Zigbee (sub-device)",
      sub_ble: "BLE (sub-device)",
      sub_433mhz: "433 MHz (sub-device)",
      sub_blemesh: "BLE Mesh (sub-device)",
      sub_else: "Other (sub-device)",
    } as Record<string, string>,
    category: { 1: "User-defined", 3: "Lighting: lamp" } as Record<number, string>,
    otherCategory: (id: number) => `Category ${id}`,
  },
);

const statusTheme = { dev: "default", audit: "warning", released: "success" } as const;

export function themeOf(status: string): "default" | "warning" | "success" {
  return statusTheme[status as keyof typeof statusTheme] ?? "default";
}
