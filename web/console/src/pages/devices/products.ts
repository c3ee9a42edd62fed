// Which products there are, for choosing one.
import { call } from "../../api/call";
import type { ProductEntry, ProjectEntryEx } from "../../api/generated";
import { type Query, useQuery } from "../../api/query";

export interface Choices {
  projects: ProjectEntryEx[];
  products: ProductEntry[];
}

const PAGE = 100;
/** More than this nobody looks through in a list to choose from. */
const MAX = 1000;

export function useChoices(): Query<Choices> {
  return useQuery(async (signal) => {
    const projects = await pages(async (Offset) => {
      const answer = await call("GetProjectList", { Offset, Limit: PAGE }, signal);
      return { rows: answer.Projects, total: answer.Total };
    });
    const products = await pages(async (Offset) => {
      const answer = await call("GetStudioProductList", { Offset, Limit: PAGE, DevStatus: "all" }, signal);
      return { rows: answer.Products, total: answer.Total };
    });
    return { projects, products };
  });
}

async function pages<T>(read: (offset: number) => Promise<{ rows: T[]; total: number }>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const { rows, total } = await read(all.length);
    all.push(...rows);
    if (rows.length === 0 || all.length >= Math.min(total, MAX)) return all;
  }
}

export const ALL = "-1";

/** Products, those of a project together. */
export function productOptions(choices: Choices | undefined, allOf?: (project: string) => string): Option[] {
  return (choices?.projects ?? []).flatMap((project) => {
    const products = (choices?.products ?? []).filter((product) => product.ProjectId === project.ProjectId);
    const options = products.map((product) => ({
      value: product.ProductId,
      label: `${product.ProductName} · ${product.ProductId}`,
    }));
    if (!allOf) return options;
    return [{ value: `${ALL}/${project.ProjectId}`, label: allOf(project.ProjectName) }, ...options];
  });
}

export interface Option {
  value: string;
  label: string;
}
