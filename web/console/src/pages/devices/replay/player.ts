// A clock that runs through a window: forwards and backwards, at several speeds.
import { computed, type ComputedRef, onScopeDispose, type Ref, ref, watch } from "vue";

export const SPEEDS = [1, 10, 60] as const;

const TICK_MS = 100;

export interface Player {
  /** Milliseconds, within the window. */
  at: Ref<number>;
  speed: Ref<number>;
  /** 1 forwards, -1 backwards, 0 standing. */
  direction: Readonly<Ref<number>>;
  isAtEnd: ComputedRef<boolean>;
  isAtBegin: ComputedRef<boolean>;
  /** From the end it begins anew. */
  play(direction: 1 | -1): void;
  pause(): void;
  seek(at: number): void;
}

export function usePlayer(min: () => number, max: () => number): Player {
  const at = ref(min());
  const speed = ref<number>(10);
  const direction = ref(0);
  let timer: ReturnType<typeof setInterval> | undefined;

  function pause(): void {
    direction.value = 0;
    clearInterval(timer);
    timer = undefined;
  }

  function seek(to: number): void {
    at.value = Math.min(max(), Math.max(min(), to));
  }

  function tick(): void {
    seek(at.value + direction.value * speed.value * TICK_MS);
    if (at.value === (direction.value > 0 ? max() : min())) pause();
  }

  function play(way: 1 | -1): void {
    pause();
    if (way === 1 && at.value >= max()) seek(min());
    if (way === -1 && at.value <= min()) seek(max());
    direction.value = way;
    timer = setInterval(tick, TICK_MS);
  }

  watch([min, max], () => {
    pause();
    seek(at.value);
  });
  onScopeDispose(pause);
  const isAtEnd = computed(() => at.value >= max());
  const isAtBegin = computed(() => at.value <= min());
  return { at, speed, direction, isAtEnd, isAtBegin, play, pause, seek };
}
