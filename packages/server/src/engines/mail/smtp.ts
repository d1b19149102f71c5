import { createTransport } from 'nodemailer';
import { MailError, type Mailer } from './mail.ts';

const timeoutMs = 10_000;

/** Sends mail by SMTP (RFC 5321): `smtp://user:password@host:port`, with TLS as soon as the server offers it; `smtps://` begins with TLS. */
export function smtpMailer({ url, from }: { url: string; from: string }): Mailer {
  const transport = createTransport({ url, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs });
  return {
    async send({ to, subject, text }) {
      try {
        // The address is one, whatever characters it has.
        await transport.sendMail({ from, to: { name: '', address: to }, subject, text });
      } catch (error) {
        const { responseCode, code } = error as { responseCode?: number; code?: string };
        // 5yz is for good (RFC 5321, 4.2.1), but for what the operator mends: the server's address and the password.
        if (responseCode === undefined) throw new MailError(`The mail server cannot be reached (${code ?? 'no reason given'}).`, { final: false });
        throw new MailError(`The mail server refused the message (${responseCode}).`, { final: responseCode >= 500 && code !== 'EAUTH' });
      }
    },
  };
}
