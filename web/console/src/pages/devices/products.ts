// Which products there are, for choosing one.
import { call } from "../../api/call";
import type { ProductEntry, ProjectEntryEx } from "../../api/generated";
import { allPages } from "../../parts/allPages";
import { type Query, useQuery } from "../../api/query";
import { readProjects } from "../../parts/project";
import { ALL } from "./list/filter";

export interface ProjectChoice extends Pick<ProjectEntryEx, "ProjectId" | "ProjectName"> {
  /** The caller may see some of its products, but not the project: neither its name nor what it has in all. */
  isHidden?: boolean;
}

export interface Choices {
  projects: ProjectChoice[];
  products: ProductEntry[];
}

export function useChoices(): Query<Choices> {
  return useQuery(async (signal) => {
    // Asked at once: the list of devices waits for both.
    const [projects, products] = await Promise.all([
      readProjects(signal),
      allPages(async (Offset, Limit) => {
        const answer = await call("GetStudioProductList", { Offset, Limit, DevStatus: "all" }, signal);
        return { rows: answer.Products, total: answer.Total };
      }),
    ]);
    const known = new Set(projects.map(({ ProjectId }) => ProjectId));
    const unseen = new Set(products.map(({ ProjectId }) => ProjectId).filter((id) => !known.has(id)));
    return { projects: [...projects, ...[...unseen].map((id) => ({ ProjectId: id, ProjectName: id, isHidden: true }))], products };
  });
}

/** Products, those of a project together. */
export function productOptions(choices: Choices | undefined, allOf?: (project: string) => string): Option[] {
  return (choices?.projects ?? []).flatMap((project) => {
    const products = (choices?.products ?? []).filter((product) => product.ProjectId === project.ProjectId);
    const options = products.map((product) => ({
      value: product.ProductId,
      label: `${product.ProductName} · ${product.ProductId}`,
    }));
    if (!allOf || project.isHidden) return options;
    return [{ value: `${ALL}/${project.ProjectId}`, label: allOf(project.ProjectName) }, ...options];
  });
}

export interface Option {
  value: string;
  label: string;
}
