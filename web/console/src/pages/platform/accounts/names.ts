// Names of sub-accounts, as the platform takes them: what is wrong with one is said while it is typed.

const CHARACTERS_MAX = 64;

export type NameFault = "long" | "characters" | "digits";

/** Nothing is wrong with an empty one until it is sent. */
export function nameFault(name: string): NameFault | undefined {
  const text = name.trim();
  if (!text) return undefined;
  if ([...text].length > CHARACTERS_MAX) return "long";
  if (!/^[\p{Alphabetic}\p{N}+=,.@_-]+$/u.test(text)) return "characters";
  return /^[0-9]+$/.test(text) ? "digits" : undefined;
}
