import { onScopeDispose, type Ref, ref } from "vue";

/** How long it is said that something was copied, milliseconds. */
const TOLD = 2000;

/** Copies a text, and says for a moment that it did. */
export function useCopy(text: () => string): { isCopied: Readonly<Ref<boolean>>; copy(): Promise<void> } {
  const isCopied = ref(false);
  let telling: ReturnType<typeof setTimeout> | undefined;
  onScopeDispose(() => clearTimeout(telling));

  async function copy(): Promise<void> {
    isCopied.value = await copyText(text());
    clearTimeout(telling);
    telling = setTimeout(() => (isCopied.value = false), TOLD);
  }

  return { isCopied, copy };
}

/** Also where the browser withholds the clipboard, as from pages over plain HTTP. */
async function copyText(text: string): Promise<boolean> {
  if (isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // It may be forbidden; the other way may not.
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  const host = document.querySelector("dialog[open]") ?? document.body;
  host.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}

/** Hands a text to the browser as a file. */
export function saveFile(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
