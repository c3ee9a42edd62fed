// What was done to a text, step by step, to be taken back and done again.
export interface Steps {
  /** Texts before the present one, the latest last. */
  past: string[];
  /** Texts that were taken back, the latest last. */
  future: string[];
  /** The text after the last step; what is typed since then is a step of its own. */
  at: string;
}

/** So many steps can be taken back. */
const PAST_MAX = 100;

export function begin(text: string): Steps {
  return { past: [], future: [], at: text };
}

/** The text `now` becomes `fresh`. */
export function forward(steps: Steps, now: string, fresh: string): Steps {
  const passed = now === steps.at ? [now] : [steps.at, now];
  return { past: fresh === now ? steps.past : [...steps.past, ...passed].slice(-PAST_MAX), future: [], at: fresh };
}

export function canUndo(steps: Steps, now: string): boolean {
  return now !== steps.at || steps.past.length > 0;
}

export function canRedo(steps: Steps, now: string): boolean {
  return now === steps.at && steps.future.length > 0;
}

/** Takes the last step back: `at` is the text then. */
export function undo({ past, future, at }: Steps, now: string): Steps {
  if (now !== at) return { past, future: [now], at };
  const before = past.at(-1);
  return before === undefined ? { past, future, at } : { past: past.slice(0, -1), future: [...future, now], at: before };
}

/** Does again what was taken back last. */
export function redo({ past, future, at }: Steps, now: string): Steps {
  const next = future.at(-1);
  return next === undefined || now !== at ? { past, future, at } : { past: [...past, at], future: future.slice(0, -1), at: next };
}
