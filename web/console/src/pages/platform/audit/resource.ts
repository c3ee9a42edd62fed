/** What a call was about, without what is the same for all of an account: service, region, owner, and the project of a product. */
export function shortResource(resource: string): string {
  return resource.replace(/^qcs::[^:]*:[^:]*:uin\/\d+:/, "").replace(/^project\/[^/]+\/(?=product\/)/, "");
}
