/** A message to one person. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** The mail port: hands a message to the operator's mail server. */
export interface Mailer {
  /** Resolves once the server has taken the message; throws {@link MailError}. */
  send(mail: Mail): Promise<void>;
}

/** Thrown when a message was not taken; `final` where sending it again is pointless. */
export class MailError extends Error {
  override name = 'MailError';
  readonly final: boolean;

  constructor(message: string, { final }: { final: boolean }) {
    super(message);
    this.final = final;
  }
}

/** The engine of a platform without a mail server: it says so. */
export const noMailer: Mailer = {
  send: () => Promise.reject(new MailError('Mail cannot be sent: the platform has no mail server (FOVEA_SMTP_URL is not set).', { final: true })),
};
