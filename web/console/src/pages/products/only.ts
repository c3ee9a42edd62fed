// One product as the only choice, for forms that let one choose.
import type { ProductEntry, ProjectEntryEx } from "../../api/generated";
import type { Choices } from "../devices/products";

export function onlyOf(product: ProductEntry, projects: ProjectEntryEx[] | undefined): Choices {
  return { products: [product], projects: (projects ?? []).filter(({ ProjectId }) => ProjectId === product.ProjectId) };
}
