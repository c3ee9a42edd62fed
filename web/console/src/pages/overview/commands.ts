// The commands of the guide. Names of products and devices hold no character a shell minds (letters, digits, `:_-`).
export interface Device {
  product: string;
  name: string;
}

export interface Point {
  Host: string;
  Port: number;
}

export function signInCommand({ product, name }: Device): string {
  return [
    `eval "$(lianwu credentials --product ${product} --device '${name}' --secret-file - |`,
    `  awk '{printf "%s=\\"%s\\"\\n", $1, $2}')"`,
  ].join("\n");
}

export function reportCommand(device: Device, point: Point, definition: string): string {
  const message = JSON.stringify({ method: "report", clientToken: "1", params: sample(definition) });
  return [
    `mosquitto_pub -h ${point.Host} -p ${point.Port} -q 1 -i "$ClientId" -u "$UserName" -P "$Password" \\`,
    `  -t '$thing/up/property/${device.product}/${device.name}' \\`,
    `  -m '${message.replaceAll("'", "'\\''")}'`,
  ].join("\n");
}

export function listenCommand(device: Device, point: Point): string {
  return [
    `mosquitto_sub -h ${point.Host} -p ${point.Port} -q 1 -i "$ClientId" -u "$UserName" -P "$Password" -v \\`,
    `  -t '$thing/down/property/${device.product}/${device.name}'`,
  ].join("\n");
}

interface Property {
  id?: string;
  define?: { type?: string; min?: string; max?: string; start?: string; mapping?: Record<string, string> };
}

/** A value the thing model takes, for its first simple property; nothing where there is none. */
export function sample(definition: string): Record<string, unknown> {
  let properties: Property[] = [];
  try {
    properties = (JSON.parse(definition) as { properties?: Property[] }).properties ?? [];
  } catch {
    // No model yet.
  }
  for (const { id, define } of properties) {
    if (!id || !define) continue;
    if (define.type === "bool") return { [id]: 1 };
    if (define.type === "int" || define.type === "float") return { [id]: Number(define.start ?? define.min ?? 0) };
    if (define.type === "string") return { [id]: "hello" };
    const first = Object.keys(define.mapping ?? {})[0];
    if (first !== undefined) return { [id]: define.type === "enum" ? Number(first) : first };
  }
  return {};
}
