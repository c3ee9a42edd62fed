import { texts } from "../text/language";

export const shellTexts = texts(
  {
    name: "联物",
    skip: "跳到正文",
    navigation: "导航",
    openNavigation: "打开导航",
    closeNavigation: "收起导航",
    toDark: "切换到深色",
    toLight: "切换到浅色",
    otherLanguage: "English",
    account: "账号",
    signOut: "退出登录",
    signOutEverywhere: "退出所有设备上的登录",
    changePassword: "修改密码",
    project: "项目",
    allProjects: "全部项目",
    role: { platform: "平台管理员", main: "主账号", sub: "子账号" },
  },
  {
    name: "Lianwu",
    skip: "Skip to content",
    navigation: "Navigation",
    openNavigation: "Open navigation",
    closeNavigation: "Close navigation",
    toDark: "Switch to dark",
    toLight: "Switch to light",
    otherLanguage: "中文",
    account: "Account",
    signOut: "Sign out",
    signOutEverywhere: "Sign out everywhere",
    changePassword: "Change password",
    project: "Project",
    allProjects: "All projects",
    role: { platform: "Platform administrator", main: "Main account", sub: "Sub-account" },
  },
);

export const signInTexts = texts(
  {
    title: "登录联物",
    user: "用户名或 UIN",
    password: "密码",
    submit: "登录",
    hint: "首次启动时，管理员的用户名和密码写在数据目录的 first-run.json 中（admin_user、admin_password）。",
    needUser: "请填写用户名",
    needPassword: "请填写密码",
  },
  {
    title: "Sign in to Lianwu",
    user: "User name or UIN",
    password: "Password",
    submit: "Sign in",
    hint: "At the first start the administrator's name and password were written to first-run.json in the data folder (admin_user, admin_password).",
    needUser: "Enter the user name",
    needPassword: "Enter the password",
  },
);

export const passwordTexts = texts(
  {
    title: "修改密码",
    must: "当前密码由系统生成，并以明文写在 first-run.json 中。请先设置自己的密码，再使用控制台；修改后文件中的密码和密钥会被清除。",
    old: "当前密码",
    fresh: "新密码",
    repeat: "再次输入新密码",
    submit: "修改密码",
    rule: "10 到 128 个字符",
    differs: "两次输入的新密码不一致",
    same: "新密码与当前密码相同",
  },
  {
    title: "Change password",
    must: "The present password was generated and stands in first-run.json in plain text. Choose your own before you use the console; the file then loses its password and key.",
    old: "Present password",
    fresh: "New password",
    repeat: "New password again",
    submit: "Change password",
    rule: "10 to 128 characters",
    differs: "The two new passwords differ",
    same: "The new password is the present one",
  },
);
