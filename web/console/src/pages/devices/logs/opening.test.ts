import { expect, it } from "vitest";
import { nextTick, ref } from "vue";

import { useOpening } from "./opening";

function opened() {
  const [chosen, words, isEmpty] = [ref(""), ref(""), ref(false)];
  const opening = useOpening(chosen, "30m", [words]);
  opening.follow(() => isEmpty.value);
  return { chosen, words, isEmpty, ...opening };
}

it("opens with the usual span while that holds something", async () => {
  const { span, isWidened, isEmpty } = opened();
  await nextTick();
  expect([span.value, isWidened.value]).toEqual(["30m", false]);
  isEmpty.value = true;
  await nextTick();
  expect([span.value, isWidened.value]).toEqual(["3d", true]);
  // What is read then is something: that takes nothing back.
  isEmpty.value = false;
  await nextTick();
  expect(span.value).toBe("3d");
});

it("leaves what somebody chose, also the usual one", async () => {
  const { span, isWidened, isEmpty, chosen } = opened();
  span.value = "30m";
  isEmpty.value = true;
  await nextTick();
  expect([chosen.value, span.value, isWidened.value]).toEqual(["30m", "30m", false]);
});

it("begins with the usual span again when something else is asked for", async () => {
  const { span, isEmpty, words } = opened();
  isEmpty.value = true;
  await nextTick();
  words.value = "lamp";
  isEmpty.value = false;
  await nextTick();
  expect(span.value).toBe("30m");
});
