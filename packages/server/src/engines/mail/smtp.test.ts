// Mail over SMTP, as a server meets it on the wire.
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { MailError, noMailer, type Mail } from './mail.ts';
import { smtpMailer } from './smtp.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** A server that answers each command by its first word, and keeps what it was told. */
async function listening(answers: Record<string, string>): Promise<{ url: string; said: string[] }> {
  const said: string[] = [];
  const server = createServer((socket) => {
    let inData = false;
    let rest = '';
    socket.write('220 ready\r\n');
    socket.on('error', () => socket.destroy());
    socket.on('data', (part) => {
      const lines = (rest + part.toString('utf8')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        said.push(line);
        if (inData && line !== '.') continue;
        const word = inData ? '.' : (line.split(/[ :]/)[0] ?? '').toUpperCase();
        inData = word === 'DATA';
        socket.write(`${answers[word] ?? (word === 'DATA' ? '354 go on' : word === 'QUIT' ? '221 bye' : '250 fine')}\r\n`);
        if (word === 'QUIT') socket.end();
      }
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, said };
}

const from = 'fovea@example.org';
const mail: Mail = { to: 'ada@example.com', subject: 'Fovea: task.completed', text: '{"task_id":"1","title":"Größe"}' };
const send = (url: string) => smtpMailer({ url, from }).send(mail).catch((error: unknown) => error);

test('a message arrives with its sender, its one recipient and its text', async () => {
  const { url, said } = await listening({});
  expect(await send(url)).toBeUndefined();
  expect(said.filter((line) => /^(MAIL|RCPT)/.test(line))).toEqual(['MAIL FROM:<fovea@example.org>', 'RCPT TO:<ada@example.com>']);
  expect(said).toContain('Subject: Fovea: task.completed');
  expect(said.join('\n')).toContain('"task_id"');
});

test('what the server refuses for good is final; what it refuses for now, a wrong password and no server are not', async () => {
  const refusal = async (answers: Record<string, string>) => {
    const error = await send((await listening(answers)).url);
    expect(error).toBeInstanceOf(MailError);
    return [(error as MailError).final, (error as MailError).message];
  };
  expect(await refusal({ RCPT: '550 nobody here' })).toEqual([true, 'The mail server refused the message (550).']);
  expect(await refusal({ RCPT: '451 later' })).toEqual([false, 'The mail server refused the message (451).']);
  const unreachable = await send('smtp://127.0.0.1:1');
  expect([(unreachable as MailError).final, (unreachable as MailError).message]).toEqual([false, expect.stringContaining('cannot be reached')]);
});

test('a platform without a mail server says which setting is missing', async () => {
  await expect(noMailer.send(mail)).rejects.toThrow('FOVEA_SMTP_URL');
});
