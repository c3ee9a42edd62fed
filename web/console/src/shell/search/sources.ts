// Where a search looks: the server for products and devices, the page itself for the rest. Every question to the server is bounded.
import type { RouteLocationNormalizedLoaded, RouteLocationRaw, Router } from "vue-router";

import { call } from "../../api/call";
import { ApiError, asApiError } from "../../api/error";
import type { DeviceInfo, ProductEntry, ProjectEntryEx } from "../../api/generated";
import { errorsOf, keyOf, loadCatalogue } from "../../pages/platform/explorer/catalogue";
import { loadKnown } from "../../pages/platform/problems/known";
import { language } from "../../text/language";
import { type Spot, spots } from "./places";
import type { Hit } from "./hit";
import { best, rank } from "./rank";
import { searchTexts } from "./texts";

/** Of each kind so many are shown. */
const SHOWN = 6;
/** Devices are asked for project by project, of so many projects. */
export const PROJECTS_MAX = 8;
/** What the server says fits, fits somehow. */
const SOMEHOW = 3;
/** A word in the cause or cure of a problem says less than one in its name. */
const IN_TEXT = 5;

export interface Found {
  hits: Hit[];
  /** Not all projects were asked for devices. */
  isPartial: boolean;
  /** Why something could not be asked. */
  problem: ApiError | undefined;
}

export interface Where {
  router: Router;
  route: RouteLocationNormalizedLoaded;
  /** The only one to search; "" for all. */
  project: string;
  projects: ProjectEntryEx[];
}

export async function search(query: string, where: Where, signal: AbortSignal): Promise<Found> {
  const address = (to: RouteLocationRaw) => where.router.resolve(to).fullPath;
  const chosen = where.projects.filter((project) => !where.project || project.ProjectId === where.project);
  const asked = [
    devices(query, chosen.slice(0, PROJECTS_MAX), address, signal),
    products(query, where.project, address, signal),
    problems(query, address),
    operations(query, address),
    errors(query, address),
  ];
  const answers = await Promise.allSettled(asked);
  signal.throwIfAborted();
  const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as unknown] : []));
  // What the caller may not see is not there for it.
  const failed = reasons.find((reason) => !(reason instanceof ApiError && reason.denied));
  const groups = answers.map((answer) => (answer.status === "fulfilled" ? answer.value : []));
  groups.splice(2, 0, pages(query, where.route, address));
  return {
    hits: inOrder(groups.map((group) => best(group, SHOWN))),
    isPartial: chosen.length > PROJECTS_MAX,
    problem: failed === undefined ? undefined : asApiError(failed),
  };
}

/** The kind with the best hit comes first. */
function inOrder(groups: Hit[][]): Hit[] {
  const first = (group: Hit[]) => group[0]?.rank ?? Number.POSITIVE_INFINITY;
  return [...groups].sort((a, b) => first(a) - first(b)).flat();
}

type Address = (to: RouteLocationRaw) => string;

async function devices(query: string, projects: ProjectEntryEx[], address: Address, signal: AbortSignal): Promise<Hit[]> {
  const [product, name] = query.split("/");
  const whole = /^[A-Za-z0-9]{10}$/.test(product ?? "") && name ? { ProductId: product ?? "", DeviceName: name } : undefined;
  const requests = whole ? [whole] : projects.map(({ ProjectId }) => ({ ProductId: "-1", ProjectId, DeviceName: query }));
  const answers = await Promise.all(requests.map((request) => call("GetDeviceList", { ...request, Offset: 0, Limit: SHOWN }, signal).catch(unknown)));
  return answers.flatMap((answer) => answer?.Devices ?? []).map((device) => deviceHit(device, name && whole ? name : query, address));
}

/** An id that nobody has finds nothing; everything else is told. */
function unknown(error: unknown): undefined {
  if (error instanceof ApiError && /NotExist|NotFound/.test(error.code)) return undefined;
  throw error;
}

function deviceHit(device: DeviceInfo, query: string, address: Address): Hit {
  return {
    kind: "device",
    title: device.DeviceName,
    detail: `${device.ProductName} · ${device.ProductId}`,
    to: address({ name: "device", params: { product: device.ProductId, name: device.DeviceName } }),
    isOwn: true,
    rank: rank(query, device.DeviceName) ?? SOMEHOW,
  };
}

async function products(query: string, project: string, address: Address, signal: AbortSignal): Promise<Hit[]> {
  const within = { ...(project ? { ProjectId: project } : {}), Offset: 0, Limit: SHOWN };
  const requests = [{ ProductName: query, ...within }];
  const byId = /^[A-Za-z0-9]{10}$/.test(query) ? [{ ProductId: query.toUpperCase(), ...within }] : [];
  const answers = await Promise.all([...requests, ...byId].map((request) => call("SearchStudioProduct", request, signal)));
  const found = new Map(answers.flatMap((answer) => answer.Products).map((product) => [product.ProductId, product]));
  return [...found.values()].map((product) => productHit(product, query, address));
}

function productHit(product: ProductEntry, query: string, address: Address): Hit {
  return {
    kind: "product",
    title: product.ProductName,
    detail: product.ProductId,
    to: address({ name: "product", params: { id: product.ProductId, tab: "definition" } }),
    isOwn: true,
    rank: rank(query, product.ProductId, product.ProductName) ?? SOMEHOW,
  };
}

function pages(query: string, route: RouteLocationNormalizedLoaded, address: Address): Hit[] {
  const within = (spot: Spot) => (typeof spot.within === "object" ? spot.within[language.value] : (spot.within ?? ""));
  return spots(route).flatMap((spot) => {
    const found = rank(query, spot.title.zh, spot.title.en);
    if (found === undefined) return [];
    const hit = { kind: "page" as const, title: spot.title[language.value], detail: within(spot), to: address(spot.to) };
    return [{ ...hit, isOwn: typeof spot.within === "string", rank: found }];
  });
}

async function problems(query: string, address: Address): Promise<Hit[]> {
  return (await loadKnown()).flatMap((problem) => {
    const found = rank(query, problem.Id, problem.Title) ?? (rank(query, problem.Cause, problem.Cure) === undefined ? undefined : IN_TEXT);
    if (found === undefined) return [];
    const to = address({ name: "problems", query: { search: problem.Id } });
    return [{ kind: "problem" as const, title: problem.Title, detail: problem.Id, to, isOwn: false, rank: found }];
  });
}

async function operations(query: string, address: Address): Promise<Hit[]> {
  const t = searchTexts[language.value];
  return (await loadCatalogue()).flatMap((operation) => {
    const found = rank(query, operation.name);
    if (found === undefined) return [];
    const state = operation.state === "served" ? "" : ` · ${t[operation.state]}`;
    return [
      {
        kind: "operation" as const,
        title: operation.name,
        detail: `${operation.service}${state}`,
        to: address({ name: "explorer", params: { operation: keyOf(operation) } }),
        isOwn: false,
        rank: found,
      },
    ];
  });
}

/** Fewer signs are in nearly every code. */
const CODE_MIN = 3;

/** Codes an operation is refused with lead to the operations that do. */
async function errors(query: string, address: Address): Promise<Hit[]> {
  if (query.length < CODE_MIN) return [];
  const t = searchTexts[language.value];
  return [...errorsOf(await loadCatalogue())].flatMap(([code, of]) => {
    const found = rank(query, code);
    if (found === undefined) return [];
    const isServed = of.some(({ state }) => state === "served");
    const to = address({ name: "explorer", query: { search: code, ...(isServed ? {} : { served: "false" }) } });
    return [{ kind: "error" as const, title: code, detail: t.ofOperations(of.length), to, isOwn: false, rank: found }];
  });
}
