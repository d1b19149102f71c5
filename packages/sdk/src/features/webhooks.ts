import { webhooks } from '@fovea/contract';
import { Feature } from '../feature.ts';
import { verifyWebhook } from '../webhook-signature.ts';

/** Webhooks: events told to a URL, signed, until they arrive. */
export class Webhooks extends Feature {
  /** Has events of a project, or of the whole organisation, sent to a URL, signed (Standard Webhooks). The secret is shown this once. */
  readonly create = this.method(webhooks.create);
  /** Lists the webhooks of a project, or those of the organisation itself. */
  readonly list = this.listOf(webhooks.list);
  /** Changes a webhook; enabling one starts it anew. */
  readonly update = this.method(webhooks.update, 'webhook');
  /** Makes a new secret; for a day deliveries carry a signature of the old one too. */
  readonly rotate = this.method(webhooks.rotate, 'webhook');
  /** Deletes a webhook. */
  readonly delete = this.method(webhooks.delete, 'webhook');
  /** The log of deliveries of a project or of the organisation, newest first: webhooks and callbacks. */
  readonly deliveries = this.listOf(webhooks.deliveries);
  /** The secret that calls of the `callbackUrl` of tasks, batches and jobs are signed with. */
  readonly callbackSecret = this.method(webhooks.callbackSecret, 'project');
  /** Sends what a webhook was told in a stretch of time again, the oldest first. */
  readonly redeliverMany = this.method(webhooks.redeliverMany, 'webhook');
  /** Sends a delivery again. */
  readonly redeliver = this.method(webhooks.redeliver, 'delivery');
  /** Checks the signature and age of a delivery and gives its event; throws WebhookSignatureError. */
  readonly verify = verifyWebhook;
}
