// What every runner must do, whatever it runs: each gives an analytic of its kind for each behaviour, and is looked at from outside.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, type AnalyticResult, type InputFile } from '@fovea/analytics/analytic.ts';
import { analyticManifest, newId, type AnalyticManifest } from '@fovea/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LimitError } from './limits.ts';
import { RunnerError, type Runner, type RunRequest } from './runner.ts';

/**
 * What an analytic does in a test. Where it gives an output it is `report.json`, `{"text": <the text of its input>}`.
 * `progress`: says that it is half done. `logs`: logs "a word to the log". `userFault`, `fault`: fail with "the input is bad", "it broke".
 * `endless`: writes the time into `out/ticks` over and over. `halfJson`: gives half a JSON. `noOutput`: ends well and gives nothing.
 * `flood`: logs 200,000 lines. `forks`: starts a process that ticks as `endless` does, outlives it, and as many more as it can.
 * `breeds`: has over fifty processes and does not end. `bomb`: forks as long as it is let, and does not end. `roars`: logs without end. `fills`: writes files without end, ten megabytes a second at most.
 * `outside`: writes `escaped` to places outside its folder. `link`: gives a link to a file of the machine as its output.
 */
export const behaviours = ['ok', 'progress', 'logs', 'userFault', 'fault', 'endless', 'halfJson', 'noOutput', 'flood', 'forks', 'breeds', 'bomb', 'roars', 'fills', 'outside', 'link'] as const;
export type Behaviour = (typeof behaviours)[number];

export interface RunnerDriver {
  runner: Runner;
  /** The analytic that behaves so. Undefined: this kind of analytic has no way to do it. */
  analytic(behaviour: Behaviour): { runtime: AnalyticManifest['runtime']; files?: Record<string, string>; manifest?: Partial<AnalyticManifest>; inputs?: Record<string, InputFile[]>; expected?: unknown } | undefined;
  close(): Promise<void>;
}

/** What programs may have that take too much of it. */
const tight: Partial<Record<Behaviour, object>> = { breeds: { processes: 48 }, bomb: { processes: 48 }, roars: { logBytes: 1024 ** 2 }, fills: { diskBytes: 3 * 1024 ** 2 } };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The suite; `cannot` lists the behaviours that this kind of analytic has no way to show, so that none is left out unseen. */
export function runnerSuite(name: string, make: () => Promise<RunnerDriver>, options: { cannot?: readonly Behaviour[] } = {}): void {
  describe(name, () => {
    let driver: RunnerDriver | undefined;
    let root: string;
    beforeAll(async () => {
      driver = await make();
      root = await mkdtemp(join(tmpdir(), 'fovea-runner-'));
      await chmod(root, 0o711);
    });
    afterAll(async () => {
      await driver?.close();
      await rm(root, { recursive: true, force: true });
    });

    /** A request for an analytic that behaves so, and what was heard of it. */
    async function prepare(behaviour: Behaviour) {
      const given = driver?.analytic(behaviour);
      if (!given) throw new Error(`The driver gives no analytic for ${behaviour}.`);
      const folder = await mkdtemp(join(root, 'job-'));
      const outputDir = join(folder, 'out');
      await mkdir(outputDir);
      const path = join(folder, 'given.txt');
      await writeFile(path, 'words');
      const stop = new AbortController();
      const heard = { progress: [] as [number, string | undefined][], log: [] as string[] };
      const manifest = analyticManifest.parse({
        name: 'test/behaves',
        version: '1.0.0',
        inputs: [{ name: 'text', media: ['text'] }],
        outputs: [{ name: 'report', type: 'json', filename: 'report.json' }],
        ...given.manifest,
        runtime: { ...given.runtime, ...tight[behaviour] },
      });
      const files: Record<string, string> = {};
      for (const [place, content] of Object.entries(given.files ?? {})) {
        files[place] = join(folder, `file-${Object.keys(files).length}`);
        await writeFile(files[place], content, 'latin1');
      }
      const request: RunRequest = {
        manifest,
        folder,
        files,
        job: { id: newId(), ticket: 1 },
        task: {
          inputs: given.inputs ?? { text: [{ name: 'words.txt', path, mediaType: 'text/plain', itemId: newId() }] },
          parameters: {},
          outputDir,
          progress: (fraction, message) => heard.progress.push([fraction, message]),
          log: (line) => heard.log.push(line),
          signal: stop.signal,
        },
      };
      return { request, heard, stop, outputDir, expected: given.expected ?? { text: 'words' } };
    }
    const json = (result: AnalyticResult) => JSON.parse(readFileSync(result.files.find((file) => file.output === 'report')?.path ?? '', 'utf8'));
    const ticksOf = (outputDir: string) => (existsSync(join(outputDir, 'ticks')) ? statSync(join(outputDir, 'ticks')).mtimeMs : 0);
    async function until(true_: () => boolean): Promise<void> {
      while (!true_()) await pause(20);
    }
    const behaves = (behaviour: Behaviour, title: string, body: () => Promise<void>) => {
      // oxlint-disable-next-line vitest/no-conditional-tests -- what a kind cannot do is named by its driver
      if (!options.cannot?.includes(behaviour)) test(title, body, 60_000);
    };

    behaves('ok', 'gives its output', async () => {
      const { request, expected } = await prepare('ok');
      const result = await driver!.runner.run(request);
      expect(json(result)).toMatchObject(expected as object);
      expect(result.files[0]?.mediaType).toBe('application/json');
    });
    behaves('progress', 'tells how far it is', async () => {
      const { request, heard } = await prepare('progress');
      await driver!.runner.run(request);
      expect(heard.progress.some(([fraction]) => fraction === 0.5)).toBe(true);
    });
    behaves('logs', 'passes on what it logs', async () => {
      const { request, heard } = await prepare('logs');
      await driver!.runner.run(request);
      expect(heard.log).toContain('a word to the log');
    });
    behaves('userFault', 'a fault of the input is told as one', async () => {
      const { request } = await prepare('userFault');
      const error = await driver!.runner.run(request).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).not.toBe('');
    });
    behaves('fault', 'a fault of the analytic is told as one, in its words', async () => {
      const { request } = await prepare('fault');
      const error = await driver!.runner.run(request).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(InputError);
      expect(error).not.toBeInstanceOf(RunnerError);
      expect((error as Error).message).toContain('it broke');
    });
    behaves('endless', 'ends when it is cancelled or its time is up, with the reason, and nothing of it goes on', async () => {
      const { request, stop, outputDir } = await prepare('endless');
      const running = driver!.runner.run(request).catch((thrown: unknown) => thrown);
      let early: unknown;
      void running.then((ended) => (early = ended));
      await until(() => ticksOf(outputDir) > 0 || early !== undefined);
      expect(early).toBeUndefined();
      const reason = new Error('The job was cancelled.');
      stop.abort(reason);
      expect(await running).toBe(reason);
      const last = ticksOf(outputDir);
      await pause(300);
      expect(ticksOf(outputDir)).toBe(last);
    });
    behaves('endless', 'one that was cancelled before it began does not begin', async () => {
      const { request, stop, outputDir } = await prepare('endless');
      const reason = new Error('The job was cancelled.');
      stop.abort(reason);
      expect(await driver!.runner.run(request).catch((thrown: unknown) => thrown)).toBe(reason);
      expect(ticksOf(outputDir)).toBe(0);
    });
    behaves('halfJson', 'half a JSON is told as a fault of the analytic', async () => {
      const { request } = await prepare('halfJson');
      const error = await driver!.runner.run(request).catch((thrown: unknown) => thrown);
      expect(error).not.toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(/JSON/);
    });
    behaves('noOutput', 'an end without output is told', async () => {
      const { request } = await prepare('noOutput');
      await expect(driver!.runner.run(request)).rejects.toThrow(/output|result/);
    });
    behaves('flood', 'a flood of log lines holds nothing up', async () => {
      const { request } = await prepare('flood');
      expect(json(await driver!.runner.run(request))).toEqual({ text: 'words' });
    });
    behaves('forks', 'what it has started ends with it', async () => {
      const { request, outputDir } = await prepare('forks');
      await driver!.runner.run(request).catch(() => undefined);
      const last = ticksOf(outputDir);
      expect(last).toBeGreaterThan(0);
      await pause(300);
      expect(ticksOf(outputDir)).toBe(last);
    });
    for (const [behaviour, title, words] of [
      ['breeds', 'more processes than it may have', /\d+ processes and threads .* may have 48\b.*"processes"/],
      ['bomb', 'a fork bomb', /\b48\b.*"processes"/],
      ['roars', 'more log than it may write', /1 MiB on standard output .*"logBytes"/],
      ['fills', 'more on disk than it may have', /into its folders; it may have 3 MiB.*"diskBytes"/],
    ] as const) {
      behaves(behaviour, `${title}: it is ended with that as the cause, and nothing of it goes on`, async () => {
        const { request, heard, outputDir } = await prepare(behaviour);
        const error = await driver!.runner.run(request).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(LimitError);
        expect((error as Error).message).toMatch(words);
        expect(heard.log.join('').length).toBeLessThanOrEqual(1024 ** 2);
        const [last, lines] = [ticksOf(outputDir), heard.log.length];
        await pause(300);
        expect([ticksOf(outputDir), heard.log.length]).toEqual([last, lines]);
      });
    }
    behaves('outside', 'it cannot write outside its folder', async () => {
      const { request } = await prepare('outside');
      await driver!.runner.run(request).catch(() => undefined);
      for (const place of ['/etc', '/usr', '/opt', '/', tmpdir(), request.folder, join(request.folder, 'given')]) expect(existsSync(join(place, 'escaped'))).toBe(false);
    });
    behaves('link', 'a link in place of an output is not followed', async () => {
      const { request } = await prepare('link');
      await expect(driver!.runner.run(request)).rejects.toThrow(/link/);
    });
  });
}

/** The behaviours as shell scripts, for runners of programs. */
export const scripts: Record<Behaviour, string> = (() => {
  const report = 'printf \'{"text": "%s"}\' "$(cat "${FOVEA_TASK%/*}/in/text/0/file.txt")" > "$FOVEA_OUTPUT/report.json"';
  const tick = 'while :; do printf x > "$FOVEA_OUTPUT/ticks"; sleep 0.05; done';
  return {
    ok: report,
    progress: `echo '{"progress": 0.5, "message": "half"}'; ${report}`,
    logs: `echo 'a word to the log' >&2; ${report}`,
    userFault: `echo '{"error": "the input is bad", "cause": "user"}'; exit 1`,
    fault: 'echo "it broke" >&2; exit 3',
    endless: tick,
    halfJson: `printf '{"text": ' > "$FOVEA_OUTPUT/report.json"`,
    noOutput: 'true',
    flood: `i=0; while [ $i -lt 200000 ]; do echo "line $i"; i=$((i+1)); done; ${report}`,
    forks: `(${tick}) & n=0; while [ $n -lt 600 ]; do sleep 300 & n=$((n+1)); done 2>/dev/null; sleep 0.3; ${report}`,
    breeds: `(${tick}) & n=0; while [ $n -lt 50 ]; do sleep 300 & n=$((n+1)); done; while :; do :; done`,
    bomb: 'b() { b | b & }; b; while :; do sleep 1; done',
    roars: `while :; do echo '${'words '.repeat(20)}'; done`,
    // In files of 64 KiB, so that none of them is too large by itself.
    fills: `text=0123456789abcdef; for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do text="$text$text"; done; n=0; while :; do printf %s "$text" > "$TMPDIR/$n"; n=$((n+1)); sleep 0.01; done`,
    outside: `for place in /etc /usr /opt / ${tmpdir()} "$FOVEA_OUTPUT/.." "\${FOVEA_TASK%/*}"; do echo x > "$place/escaped"; done; ${report}`,
    link: 'ln -s /etc/hostname "$FOVEA_OUTPUT/report.json"',
  };
})();
