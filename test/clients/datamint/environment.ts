import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageAlone, pythonWith } from '../python.ts';

/**
 * What the clients import, but for the graphics card's libraries, which PyTorch is linked to, and for trainers and their models, which none
 * of the checks calls. A tenth of what the clients ask for.
 */
const needed = [
  'aiohttp', 'albumentations', 'argcomplete', 'cachetools', 'certifi', 'deprecated', 'filelock', 'fsspec', 'httpx', 'humanize', 'jinja2', 'lazy-loader', 'matplotlib', 'medimgkit==0.18.*',
  'mlflow-skinny==3.8.1', 'nest-asyncio', 'networkx', 'nibabel', 'numpy', 'nvidia-cuda-runtime==13.2.*', 'pandas', 'platformdirs', 'pydantic', 'pydicom', 'pylibjpeg', 'pylibjpeg-libjpeg', 'pyyaml',
  'requests', 'rich', 'sympy', 'tqdm', 'typing-extensions',
];
const alone = ['datamint==2.45.0', 'torch==2.15.0', 'torchvision==0.29.2', 'lightning', 'pytorch-lightning', 'lightning-utilities', 'torchmetrics'];

export type Client = { python: string; env: Record<string, string> } | { missing: string };

/** The newest release, and PyTorch on the processor. */
export function newestClient(): Client {
  const found = pythonWith(needed, alone);
  if ('missing' in found) return found;
  const { status, stderr } = spawnSync(found.python, [join(import.meta.dirname, 'torch_on_cpu.py')], { encoding: 'utf8' });
  // What is imported is compiled once, and kept: most of what was installed never is.
  return status === 0 ? { python: found.python, env: { PYTHONDONTWRITEBYTECODE: '' } } : { missing: `PyTorch cannot be made ready: ${stderr}` };
}

/** Another release, with what the newest one was given. */
export function clientOf(requirement: string): Client {
  const newest = newestClient();
  if ('missing' in newest) return newest;
  const found = packageAlone(newest.python, requirement);
  return 'missing' in found ? found : { python: newest.python, env: { ...newest.env, PYTHONPATH: [found.folder, join(import.meta.dirname, '..')].join(':') } };
}
