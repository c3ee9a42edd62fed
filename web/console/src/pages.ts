// The map: what the navigation shows, in its order, and which page answers which address.
import type { RouteRecordRaw } from "vue-router";

import { type Texts, texts } from "./text/language";

export interface Place {
  /** Name of the first page below it. */
  page: string;
  title: Texts<string>;
  icon: "dashboard" | "products" | "devices" | "platform";
  /** Beginning of the addresses below it. */
  prefix: string;
  children?: { page: string; title: Texts<string> }[];
}

export const places: Place[] = [
  { page: "overview", title: texts("概览", "Overview"), icon: "dashboard", prefix: "/" },
  { page: "products", title: texts("产品", "Products"), icon: "products", prefix: "/products" },
  { page: "devices", title: texts("设备", "Devices"), icon: "devices", prefix: "/devices" },
  {
    page: "explorer",
    title: texts("平台", "Platform"),
    icon: "platform",
    prefix: "/platform",
    children: [
      { page: "explorer", title: texts("API 调试", "API explorer") },
      { page: "keys", title: texts("API 密钥", "API keys") },
      { page: "accounts", title: texts("账号与权限", "Accounts and policies") },
      { page: "tools", title: texts("工具", "Tools") },
      { page: "problems", title: texts("常见问题", "Known problems") },
      { page: "audit", title: texts("操作审计", "Audit log") },
      { page: "platform-settings", title: texts("设置与限额", "Settings and limits") },
    ],
  },
];

/** `hasProject`: the project chosen at the top is part of the address. */
export const pages: RouteRecordRaw[] = [
  { path: "", name: "overview", meta: { hasProject: true }, component: () => import("./pages/overview/Overview.vue") },
  { path: "products", name: "products", meta: { hasProject: true }, component: () => import("./pages/products/ProductList.vue") },
  { path: "products/:id/:tab?", name: "product", component: () => import("./pages/products/ProductPage.vue") },
  { path: "devices", name: "devices", meta: { hasProject: true }, component: () => import("./pages/devices/DeviceList.vue") },
  {
    path: "devices/:product/:name/:tab?",
    name: "device",
    component: () => import("./pages/devices/DevicePage.vue"),
    props: true,
  },
  { path: "platform/api/:operation?", name: "explorer", component: () => import("./pages/platform/explorer/Explorer.vue") },
  { path: "platform/keys", name: "keys", component: () => import("./pages/platform/keys/Keys.vue") },
  { path: "platform/accounts/:tab?", name: "accounts", component: () => import("./pages/platform/accounts/Accounts.vue") },
  { path: "platform/tools/:tab?", name: "tools", component: () => import("./pages/platform/tools/Tools.vue") },
  { path: "platform/problems", name: "problems", component: () => import("./pages/platform/problems/Problems.vue") },
  { path: "platform/audit", name: "audit", component: () => import("./pages/platform/audit/Audit.vue") },
  { path: "platform/settings/:tab?", name: "platform-settings", component: () => import("./pages/platform/settings/PlatformSettings.vue") },
];
