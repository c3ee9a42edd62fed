// What a list of devices begins with.
import type { Choices } from "../products";
import { ALL } from "./filter";

/** The first project that has devices; of one that may not be seen itself, the first product that does. */
export function firstChoice(choices: Choices | undefined): string | undefined {
  for (const project of choices?.projects ?? []) {
    const product = choices?.products.find(({ ProjectId, DeviceCount }) => ProjectId === project.ProjectId && DeviceCount > 0);
    if (product) return project.isHidden ? product.ProductId : `${ALL}/${project.ProjectId}`;
  }
  return undefined;
}
