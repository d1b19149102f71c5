/** A word as a shell takes it, quoted where needed. */
export function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The command that uploads a folder, for a project and dataset of these names. */
export function cliLines(dataset: string, project?: string): string {
  const origin = window.location.origin;
  return [
    `export FOVEA_URL=${origin} FOVEA_KEY=…`,
    ...(project === undefined ? [] : [`npx fovea projects create --name ${shellWord(project)}`, `npx fovea datasets create --project ${shellWord(project)} --name ${shellWord(dataset)}`]),
    `npx fovea upload ./photos --dataset ${shellWord(dataset)}`,
  ].join('\n');
}

/** The program that uploads a folder. */
export function sdkLines(datasetId: string): string {
  return [
    `import { Fovea } from '@fovea/sdk';`,
    `const fovea = new Fovea({ url: '${window.location.origin}', key: process.env.FOVEA_KEY });`,
    `await fovea.items.uploadMany('${datasetId}', './photos');`,
  ].join('\n');
}
