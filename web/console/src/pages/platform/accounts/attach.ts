// Changes of a set, as the operations for adding and taking away.
import { call } from "../../../api/call";

export async function setPolicies(holder: { Uin: string } | { GroupName: string }, before: string[], after: string[]): Promise<void> {
  const added = after.filter((name) => !before.includes(name));
  const gone = before.filter((name) => !after.includes(name));
  if (added.length) await call("AttachPolicies", { ...holder, Policies: added });
  if (gone.length) await call("DetachPolicies", { ...holder, Policies: gone });
}

export async function setMembers(Name: string, before: string[], after: string[]): Promise<void> {
  const added = after.filter((uin) => !before.includes(uin));
  const gone = before.filter((uin) => !after.includes(uin));
  if (added.length) await call("AddGroupMembers", { Name, Uins: added });
  if (gone.length) await call("RemoveGroupMembers", { Name, Uins: gone });
}
