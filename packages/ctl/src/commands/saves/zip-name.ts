/** People may leave the end away. */
export function zipName(name: string): string {
  return name.endsWith(".zip") ? name : `${name}.zip`;
}
